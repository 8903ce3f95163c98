-------------------------- MODULE TenantIsolation ---------------------------
(***************************************************************************)
(* What one tenant can take from the others: nothing                       *)
(* (kernel_c/src/tenants.c, admission).                                    *)
(*                                                                         *)
(* Tenants share a server.  Each has limits: how many connections it may   *)
(* have, how many requests of it may wait and run, and how many are let in *)
(* in a time (its rate, with a burst).  A request is offered, and is then  *)
(* refused (503), told to come later (429), or put into its tenant's       *)
(* queue; its turn comes, and it runs; it ends.  One that waits may be     *)
(* given up by its client.  Whose turn is next is module EventScheduler;   *)
(* here it may be anybody's.                                               *)
(*                                                                         *)
(* Requests are kept in one table of Table places.  It is as large as all  *)
(* queues and all that may run together, and that is what makes tenants    *)
(* independent: see OwnFault.                                              *)
(*                                                                         *)
(* The rate is a bucket of tokens.  Each request takes one; Rate tokens    *)
(* come back in a unit of time, up to Burst.  Tokens are counted in parts  *)
(* of one (Parts to a token) as time is finer than tokens.                 *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Tenants,      \* the set of tenants
  Connections,  \* how many connections a tenant may have
  Queued,       \* how many requests of a tenant may wait
  Running,      \* how many of them may run
  AllRunning,   \* how many of all tenants may run
  Table,        \* how many requests there is place for
  Rate,         \* Rate[t]: parts of a token that come back in a moment; 0: no limit
  Burst,        \* Burst[t]: how many tokens tenant t can have
  Parts,        \* how many parts a token has
  Horizon       \* the last moment

VARIABLES
  now,          \* the time
  open,         \* open[t]: connections
  queue,        \* queue[t]: requests that wait
  runs,         \* runs[t]: requests that run
  tokens,       \* tokens[t]: parts of tokens that are left, as of the moment since[t]
  since,
  retry,        \* retry[t]: when a request that was told to come later may come, or 0
  admitted      \* not kept by the kernel: how many requests were let in

vars == <<now, open, queue, runs, tokens, since, retry, admitted>>

Init ==
  /\ now = 0
  /\ open = [t \in Tenants |-> 0]
  /\ queue = [t \in Tenants |-> 0]
  /\ runs = [t \in Tenants |-> 0]
  /\ tokens = [t \in Tenants |-> Burst[t] * Parts]
  /\ since = [t \in Tenants |-> 0]
  /\ retry = [t \in Tenants |-> 0]
  /\ admitted = [t \in Tenants |-> 0]

RECURSIVE Sum(_, _)
Sum(of, over) == IF over = {} THEN 0 ELSE LET t == CHOOSE t \in over : TRUE IN of[t] + Sum(of, over \ {t})

Used == Sum(queue, Tenants) + Sum(runs, Tenants)
IsLimited(t) == Rate[t] > 0
Min(a, b) == IF a < b THEN a ELSE b

-----------------------------------------------------------------------------

Connect(t) ==
  /\ open[t] < Connections
  /\ open' = [open EXCEPT ![t] = @ + 1]
  /\ UNCHANGED <<now, queue, runs, tokens, since, retry, admitted>>

Disconnect(t) ==
  /\ open[t] > 0
  /\ open' = [open EXCEPT ![t] = @ - 1]
  /\ UNCHANGED <<now, queue, runs, tokens, since, retry, admitted>>

HasRoom(t) == queue[t] < Queued /\ Used < Table

\* The queue or the table is full.
Refuse(t) ==
  /\ ~HasRoom(t)
  /\ UNCHANGED vars

\* What is in the bucket now.
Filled(t) == Min(tokens[t] + (now - since[t]) * Rate[t], Burst[t] * Parts)

\* How long it takes until there is a whole token: rounded up.
Wait(t) == (Parts - Filled(t) + Rate[t] - 1) \div Rate[t]

Later(t) ==
  /\ HasRoom(t) /\ IsLimited(t) /\ Filled(t) < Parts
  /\ tokens' = [tokens EXCEPT ![t] = Filled(t)]
  /\ since' = [since EXCEPT ![t] = now]
  /\ retry' = [retry EXCEPT ![t] = now + Wait(t)]
  /\ UNCHANGED <<now, open, queue, runs, admitted>>

Pays(t) == Filled(t) - Parts

Admit(t) ==
  /\ HasRoom(t)
  /\ IF IsLimited(t)
     THEN /\ Filled(t) >= Parts
          /\ tokens' = [tokens EXCEPT ![t] = Pays(t)]
          /\ since' = [since EXCEPT ![t] = now]
          /\ admitted' = [admitted EXCEPT ![t] = @ + 1]
     ELSE UNCHANGED <<tokens, since, admitted>>
  /\ queue' = [queue EXCEPT ![t] = @ + 1]
  /\ retry' = [retry EXCEPT ![t] = 0]
  /\ UNCHANGED <<now, open, runs>>

MayRun(t) == queue[t] > 0 /\ runs[t] < Running

Take(t) ==
  /\ MayRun(t) /\ Sum(runs, Tenants) < AllRunning
  /\ queue' = [queue EXCEPT ![t] = @ - 1]
  /\ runs' = [runs EXCEPT ![t] = @ + 1]
  /\ UNCHANGED <<now, open, tokens, since, retry, admitted>>

Finish(t) ==
  /\ runs[t] > 0
  /\ runs' = [runs EXCEPT ![t] = @ - 1]
  /\ UNCHANGED <<now, open, queue, tokens, since, retry, admitted>>

\* The client of a request that waits is gone.
GiveUp(t) ==
  /\ queue[t] > 0
  /\ queue' = [queue EXCEPT ![t] = @ - 1]
  /\ UNCHANGED <<now, open, runs, tokens, since, retry, admitted>>

TimePasses ==
  /\ now < Horizon
  /\ now' = now + 1
  /\ UNCHANGED <<open, queue, runs, tokens, since, retry, admitted>>

Does(t) ==
  Connect(t) \/ Disconnect(t) \/ Refuse(t) \/ Later(t) \/ Admit(t) \/ Take(t) \/ Finish(t) \/ GiveUp(t)
Next == (\E t \in Tenants : Does(t)) \/ TimePasses

\* Requests that run end.  Whoever may run does so in the end, as EventScheduler promises.
Spec == Init /\ [][Next]_vars /\ \A t \in Tenants : SF_vars(Take(t)) /\ WF_vars(Finish(t))

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ now \in 0..Horizon
  /\ \A t \in Tenants :
       /\ open[t] \in 0..Connections
       /\ queue[t] \in Nat /\ runs[t] \in Nat
       /\ tokens[t] \in 0..(Burst[t] * Parts) /\ since[t] \in 0..now
       /\ retry[t] \in Nat /\ admitted[t] \in Nat

\* No tenant has more waiting and running than its limits allow, and all together no more than the server's.
WithinLimits ==
  /\ \A t \in Tenants : queue[t] <= Queued /\ runs[t] <= Running
  /\ Sum(runs, Tenants) <= AllRunning

\* No more requests are let in than the burst and what came back since, from any moment on (here: from the first).
WithinRate == \A t \in Tenants : IsLimited(t) => admitted[t] * Parts <= Burst[t] * Parts + now * Rate[t]

\* A request is refused only because of its own tenant's limits: whatever others do, the table has a place for it.
OwnFault == \A t \in Tenants : queue[t] < Queued => HasRoom(t)

\* Who comes back when it was told to is let in, unless its tenant has used the token for another request meanwhile.
RetryIsEnough == \A t \in Tenants : retry[t] > 0 /\ now >= retry[t] => Filled(t) >= Parts

\* And not a moment earlier, so that nobody is kept waiting for nothing.
RetryIsNeeded == \A t \in Tenants : retry[t] > 0 /\ now < retry[t] => Filled(t) < Parts

\* No step of one tenant changes what another has.
NothingIsTaken ==
  [][Cardinality({t \in Tenants : <<open[t], queue[t], runs[t], tokens[t]>> # <<open'[t], queue'[t], runs'[t], tokens'[t]>>})
     <= 1]_vars

\* A request that waits does not wait forever, however many of others come.
EveryTurnComes == \A t \in Tenants : queue[t] > 0 ~> (runs[t] > 0 \/ queue[t] = 0)

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

Unlimited == [t \in Tenants |-> 0]
NoBurst == [t \in Tenants |-> 0]
SlowRate == [t \in Tenants |-> 3]
TwoTokens == [t \in Tenants |-> 2]
=============================================================================
