-------------------------- MODULE SchedulerOracle ---------------------------
(***************************************************************************)
(* Which thread steps next, and who starves (twin/engine/oracle.c,         *)
(* dpor.c, stateful.c, schedules.c).                                       *)
(*                                                                         *)
(* One thread steps at a time.  The oracle chooses it among those that can *)
(* step, by a policy:                                                      *)
(*   "any"          whichever; all choices are explored                    *)
(*   "roundrobin"   the next one in turn after the last that can step      *)
(*   "preemptions"  as "any", but only Bound times may the oracle take the *)
(*                  turn from a thread that could go on                    *)
(*   "contexts"     as "any", but only Bound times may another thread than *)
(*                  the last one step                                      *)
(*                                                                         *)
(* The threads enter and leave one critical section, again and again, by   *)
(* a lock that whoever comes first takes ("barging") or in the order of    *)
(* tickets ("ticket").  That is enough to tell the fair from the unfair:   *)
(* a scheduler is weakly fair when a thread that can step all the time     *)
(* does so in the end, and even under such a scheduler a thread that can   *)
(* step only now and then may starve.  The engine reports such threads.    *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Count,       \* how many threads there are
  Rounds,      \* how often each enters; 0: forever
  Discipline,  \* "barging" or "ticket"
  Policy,      \* "any", "roundrobin", "preemptions" or "contexts"
  Bound        \* for the last two

Threads == 1..Count
Nobody == 0

VARIABLES
  place,    \* place[t]: "out", "queue" (with a ticket), "in" or "done"
  round,    \* round[t]: how often t has entered, unless that goes on forever
  free,     \* is the lock free?
  ticket,   \* ticket[t]: the ticket that t has, else 0
  next,     \* the ticket that is drawn next
  serving,  \* the ticket whose turn it is
  last,     \* who stepped last, for the policies that look at it
  used      \* how much of Bound is used

vars == <<place, round, free, ticket, next, serving, last, used>>

Init ==
  /\ place = [t \in Threads |-> "out"]
  /\ round = [t \in Threads |-> 0]
  /\ free = TRUE
  /\ ticket = [t \in Threads |-> 0]
  /\ next = 0
  /\ serving = 0
  /\ last = Nobody
  /\ used = 0

Serves(t) == serving = ticket[t]

\* Who could do its next instruction now, whatever the oracle says.
CanStep(t) ==
  CASE place[t] = "out" -> Discipline = "ticket" \/ free
    [] place[t] = "queue" -> Serves(t)
    [] place[t] = "in" -> TRUE
    [] OTHER -> FALSE

Switches(t) == last # Nobody /\ last # t
Preempts(t) == Switches(t) /\ CanStep(last)

\* How far t is behind the thread whose turn was last.
Distance(t) == (t + Count - last - 1) % Count
InTurn(t) == \A u \in Threads : CanStep(u) => Distance(t) <= Distance(u)

Costs(t) == CASE Policy = "preemptions" -> IF Preempts(t) THEN 1 ELSE 0
              [] Policy = "contexts" -> IF Switches(t) THEN 1 ELSE 0
              [] OTHER -> 0

Chosen(t) ==
  /\ IF Policy = "roundrobin" THEN InTurn(t) ELSE used + Costs(t) <= Bound
  /\ used' = used + Costs(t)
  /\ last' = IF Policy = "any" THEN Nobody ELSE t

Enter(t) ==
  /\ Discipline = "barging" /\ place[t] = "out" /\ CanStep(t)
  /\ Chosen(t)
  /\ free' = FALSE
  /\ place' = [place EXCEPT ![t] = "in"]
  /\ UNCHANGED <<round, ticket, next, serving>>

Draw(t) ==
  /\ Discipline = "ticket" /\ place[t] = "out"
  /\ Chosen(t)
  /\ ticket' = [ticket EXCEPT ![t] = next]
  /\ next' = (next + 1) % Count
  /\ place' = [place EXCEPT ![t] = "queue"]
  /\ UNCHANGED <<round, free, serving>>

EnterServed(t) ==
  /\ place[t] = "queue" /\ CanStep(t)
  /\ Chosen(t)
  /\ place' = [place EXCEPT ![t] = "in"]
  /\ UNCHANGED <<round, free, ticket, next, serving>>

Leave(t) ==
  /\ place[t] = "in"
  /\ Chosen(t)
  /\ IF Rounds = 0
     THEN /\ place' = [place EXCEPT ![t] = "out"]
          /\ UNCHANGED round
     ELSE /\ round' = [round EXCEPT ![t] = round[t] + 1]
          /\ place' = [place EXCEPT ![t] = IF round[t] + 1 = Rounds THEN "done" ELSE "out"]
  /\ free' = TRUE
  /\ serving' = IF Discipline = "ticket" THEN (serving + 1) % Count ELSE serving
  /\ ticket' = [ticket EXCEPT ![t] = 0]
  /\ UNCHANGED next

\* All is done, or the bound allows nothing more.
End == (\A t \in Threads : ~CanStep(t) \/ (used + Costs(t) > Bound /\ Policy # "roundrobin")) /\ UNCHANGED vars

Step(t) == Enter(t) \/ Draw(t) \/ EnterServed(t) \/ Leave(t)
Steps == \E t \in Threads : Step(t)
Next == Steps \/ End

\* A weakly fair scheduler, as far as the bound goes.
Spec == Init /\ [][Next]_vars /\ \A t \in Threads : WF_vars(Step(t))

\* A scheduler that only goes on somehow.
AnySpec == Init /\ [][Next]_vars /\ WF_vars(Steps)

Outcome == round

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ place \in [Threads -> {"out", "queue", "in", "done"}]
  /\ round \in [Threads -> 0..Rounds]
  /\ free \in BOOLEAN
  /\ ticket \in [Threads -> 0..(Count - 1)]
  /\ next \in 0..(Count - 1) /\ serving \in 0..(Count - 1)
  /\ last \in Threads \cup {Nobody}
  /\ used \in 0..Bound

\* At most one thread is in the critical section.
OneInside == Cardinality({t \in Threads : place[t] = "in"}) <= 1

\* No two threads in the queue have the same ticket.
TicketsDiffer ==
  \A t, u \in {v \in Threads : place[v] \in {"queue", "in"}} : t # u /\ Discipline = "ticket" => ticket[t] # ticket[u]

\* One thread steps at a time, and only one that can.
OneAtATime ==
  [][\A t, u \in Threads : place'[t] # place[t] => CanStep(t) /\ (t = u \/ place'[u] = place[u])]_vars

\* The bound is used up by nothing but taking the turn from a thread that could go on.
OnlyPreemptionsCount ==
  [][used' # used => used' = used + 1 /\ last' # last /\ (Policy = "preemptions" => CanStep(last))]_vars

\* Nobody starves who can step again and again: with tickets under a weakly fair scheduler, and with any lock when the
\* turn goes round, even if the scheduler promises nothing.
NobodyStarves == \A t \in Threads : []<>CanStep(t) => []<><<Step(t)>>_vars
=============================================================================
