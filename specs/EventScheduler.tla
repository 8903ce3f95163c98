--------------------------- MODULE EventScheduler ---------------------------
(***************************************************************************)
(* Whose request runs next (kernel_c/src/tenants.c, turns).                *)
(*                                                                         *)
(* Deficit round robin (M. Shreedhar and G. Varghese, 1995), paid for with *)
(* what requests really cost.  Tenants that have requests waiting stand in *)
(* a ring.  When its turn comes, a tenant gets a quantum, by its weight,   *)
(* of what all share.  It runs requests as long as it can pay for them,    *)
(* and then the next one's turn comes; what it could not spend it keeps.   *)
(*                                                                         *)
(* What a request costs is known only when it has ended.  So a request     *)
(* pays what the tenant's requests cost lately, and is settled then: a     *)
(* tenant can come to owe something, and is passed over until its quanta   *)
(* have made up for it.  When everybody owes, as many rounds as it takes   *)
(* are made at once.                                                       *)
(*                                                                         *)
(* Take is one call of the C code: a walk round the ring, and if nobody    *)
(* could pay, the rounds that it takes and another walk.                   *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Weights,     \* Weights[t]: the share of tenant t
  Quantum,     \* what a weight of 1 gets in a round
  Costs,       \* the set of what a request can cost
  Debt,        \* more than this is not remembered as owed
  Smoothing,   \* what a request costs counts for this part of the next estimate
  Queued,      \* how many requests of a tenant may wait
  Running,     \* how many of a tenant may run
  AllRunning   \* how many of all tenants may run

Tenants == DOMAIN Weights
Nobody == 0

VARIABLES
  ring,      \* the tenants that wait; the first one has the turn
  granted,   \* granted[t]: has t had its quantum in this turn?
  deficit,   \* deficit[t]: what t may still spend; negative: what it owes
  estimate,  \* estimate[t]: what its requests cost lately
  queue,     \* queue[t]: how many requests wait
  runs,      \* runs[t]: what its running requests have paid
  lead       \* not kept by the kernel: lead[t][u]: how many more quanta t got than u, since both could run

vars == <<ring, granted, deficit, estimate, queue, runs, lead>>

NoLead == [t \in Tenants |-> [u \in Tenants |-> 0]]

Init ==
  /\ ring = <<>>
  /\ granted = [t \in Tenants |-> FALSE]
  /\ deficit = [t \in Tenants |-> 0]
  /\ estimate = [t \in Tenants |-> 1]
  /\ queue = [t \in Tenants |-> 0]
  /\ runs = [t \in Tenants |-> <<>>]
  /\ lead = NoLead

Share(t) == Weights[t] * Quantum
Waits(t) == \E i \in DOMAIN ring : ring[i] = t
MayRun(t) == queue[t] > 0 /\ Len(runs[t]) < Running
Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b

RECURSIVE Sum(_, _)
Sum(of, over) == IF over = {} THEN 0 ELSE LET t == CHOOSE t \in over : TRUE IN of[t] + Sum(of, over \ {t})
AllRuns == Sum([t \in Tenants |-> Len(runs[t])], Tenants)

-----------------------------------------------------------------------------
(* Turns.  A walk is a record: the ring, who was granted, deficits, how many quanta each got, and who was taken. *)

Start == [ring |-> ring, granted |-> granted, deficit |-> deficit, quanta |-> [t \in Tenants |-> 0], taken |-> Nobody]

Rotated(list) == Append(Tail(list), Head(list))
Pass(w, t) == [w EXCEPT !.ring = Rotated(w.ring), !.granted[t] = FALSE]

\* Who has nothing to wait for leaves the ring, and keeps no credit.
Leave(w, t) == [w EXCEPT !.ring = Tail(w.ring), !.granted[t] = FALSE, !.deficit[t] = Min(@, 0)]

Grant(w, t) ==
  IF w.granted[t] THEN w ELSE [w EXCEPT !.granted[t] = TRUE, !.deficit[t] = @ + Share(t), !.quanta[t] = @ + 1]

\* What its own limit keeps a tenant from spending does not add up.
Blocked(w, t) == Pass([w EXCEPT !.deficit[t] = Min(@, Share(t))], t)

RECURSIVE Walk(_, _)
Walk(w, left) ==
  IF left = 0 THEN w
  ELSE LET t == Head(w.ring)
           g == Grant(w, t)
       IN CASE queue[t] = 0 -> Walk(Leave(w, t), left - 1)
            [] queue[t] > 0 /\ ~MayRun(t) -> Walk(Blocked(w, t), left - 1)
            [] MayRun(t) /\ g.deficit[t] >= estimate[t] ->
                 [g EXCEPT !.deficit[t] = @ - estimate[t], !.taken = t]
            [] OTHER -> Walk(Pass(g, t), left - 1)

\* How many rounds it takes until t can pay.
Rounds(w, t) == (estimate[t] - w.deficit[t] + Share(t) - 1) \div Share(t)

\* The rounds after which somebody can pay, but for the last of them.
Skip(w) ==
  LET able == {t \in Tenants : MayRun(t)}
      first == CHOOSE r \in {Rounds(w, t) : t \in able} : \A t \in able : r <= Rounds(w, t)
  IN [w EXCEPT !.deficit = [t \in Tenants |-> w.deficit[t] + IF t \in able THEN (first - 1) * Share(t) ELSE 0],
               !.quanta = [t \in Tenants |-> w.quanta[t] + IF t \in able THEN first - 1 ELSE 0]]

Turn ==
  LET w == Walk(Start, Len(ring))
  IN IF w.taken # Nobody \/ \A t \in Tenants : ~MayRun(t) THEN w ELSE Walk(Skip(w), Len(w.ring))

\* A lead counts only while both can run, before the step and after it.
Leads(quanta, waiting, running) ==
  LET can(t) == MayRun(t) /\ waiting[t] > 0 /\ Len(running[t]) < Running
  IN [t \in Tenants |-> [u \in Tenants |->
        IF t # u /\ can(t) /\ can(u) THEN lead[t][u] + quanta[t] - quanta[u] ELSE 0]]
NoQuanta == [t \in Tenants |-> 0]

\* When nobody can run, those that have nothing to wait for leave the ring all the same.
Take ==
  /\ ring # <<>> /\ AllRuns < AllRunning
  /\ \E w \in {Turn} :
       LET t == w.taken
           waiting == IF t = Nobody THEN queue ELSE [queue EXCEPT ![t] = @ - 1]
           running == IF t = Nobody THEN runs ELSE [runs EXCEPT ![t] = Append(@, estimate[t])]
       IN /\ ring' = w.ring /\ granted' = w.granted /\ deficit' = w.deficit
          /\ queue' = waiting /\ runs' = running
          /\ lead' = Leads(w.quanta, waiting, running)
  /\ UNCHANGED estimate

-----------------------------------------------------------------------------
(* Requests *)

Arrive(t) ==
  /\ queue[t] < Queued
  /\ queue' = [queue EXCEPT ![t] = @ + 1]
  /\ IF Waits(t)
     THEN UNCHANGED <<ring, granted>>
     ELSE ring' = Append(ring, t) /\ granted' = [granted EXCEPT ![t] = FALSE]
  /\ lead' = Leads(NoQuanta, queue', runs)
  /\ UNCHANGED <<deficit, estimate, runs>>

\* The client of a request that waits is gone; the tenant leaves the ring when its turn comes.
GiveUp(t) ==
  /\ queue[t] > 0
  /\ queue' = [queue EXCEPT ![t] = @ - 1]
  /\ lead' = Leads(NoQuanta, queue', runs)
  /\ UNCHANGED <<ring, granted, deficit, estimate, runs>>

\* Nothing is for free: who could take without paying would keep the turn for ever.
Charged(cost) == Max(cost, 1)

\* C divides towards zero.
Part(n) == IF n >= 0 THEN n \div Smoothing ELSE 0 - ((0 - n) \div Smoothing)

Settled(t, paid, cost) == Max(deficit[t] - (cost - paid), 0 - Debt)

\* Requests that run may end in any order.
Finish(t, i, cost) ==
  /\ LET settled == Settled(t, runs[t][i], Charged(cost))
     IN deficit' = [deficit EXCEPT ![t] = IF Waits(t) THEN settled ELSE Min(settled, 0)]
  /\ estimate' = [estimate EXCEPT ![t] = Max(@ + Part(Charged(cost) - @), 1)]
  /\ runs' = [runs EXCEPT ![t] = SubSeq(@, 1, i - 1) \o SubSeq(@, i + 1, Len(@))]
  /\ lead' = Leads(NoQuanta, queue, runs')
  /\ UNCHANGED <<ring, granted, queue>>

Finishes(t) == \E i \in DOMAIN runs[t], cost \in Costs : Finish(t, i, cost)
Next == Take \/ \E t \in Tenants : Arrive(t) \/ GiveUp(t) \/ Finishes(t)

Begins(t) == Len(runs'[t]) > Len(runs[t])
SomebodyMay == AllRuns < AllRunning /\ \E t \in Tenants : MayRun(t)

\* The server takes requests as long as somebody may run (weak fairness of Take, in a form that TLC works out fast),
\* and requests end.
Spec ==
  /\ Init /\ [][Next]_vars
  /\ []<>~SomebodyMay \/ []<><<\E t \in Tenants : Begins(t)>>_vars
  /\ \A t \in Tenants : WF_vars(Finishes(t))

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A i \in DOMAIN ring : ring[i] \in Tenants
  /\ granted \in [Tenants -> BOOLEAN]
  /\ \A t \in Tenants :
       /\ deficit[t] \in Int /\ deficit[t] >= 0 - Debt
       /\ estimate[t] \in Nat \ {0}
       /\ queue[t] \in 0..Queued
       /\ Len(runs[t]) <= Running
  /\ AllRuns <= AllRunning

\* Who has requests waiting is in the ring, and nobody is there twice.
RingIsRight ==
  /\ \A i, j \in DOMAIN ring : i # j => ring[i] # ring[j]
  /\ \A t \in Tenants : queue[t] > 0 => Waits(t)

\* When somebody may run, somebody is taken: the server does not idle because of what tenants owe.
WorkConserving == ring # <<>> /\ (\E t \in Tenants : MayRun(t)) => Turn.taken # Nobody

Dearest == CHOOSE c \in Costs : \A d \in Costs : d <= c

\* Nobody saves up: a credit is less than a quantum and what the requests of one turn can be given back.
CreditIsBounded == \A t \in Tenants : deficit[t] < Share(t) + (Running + 1) * Max(Dearest, 1)

\* Who does not wait has no credit for later.
NoCreditAway == \A t \in Tenants : ~Waits(t) => deficit[t] <= 0

\* Fairness: while two tenants both can run, none gets more than one quantum ahead of the other, whatever they cost.
FairShares == \A t, u \in Tenants : lead[t][u] \in -1..1

\* Who has requests waiting all the time runs them, however many others there are and whatever they cost.
NobodyStarves == \A t \in Tenants : <>[](queue[t] > 0) => []<><<Begins(t)>>_vars

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

OneAndTwo == <<1, 2>>
Three == <<1, 1, 2>>
=============================================================================
