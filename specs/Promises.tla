------------------------------ MODULE Promises ------------------------------
(***************************************************************************)
(* The event loop of JavaScript, as the TypeScript front end assumes it    *)
(* (twin/typescript/machine.py; ECMA-262, sections 9.5 and 27.2).          *)
(*                                                                         *)
(* Asynchronous calls run on one thread.  A call runs until it awaits      *)
(* something or returns; nothing else runs meanwhile.  What an await       *)
(* leaves behind is continued by a job (a microtask).  Jobs run in the     *)
(* order in which they were queued, and all of them before the next event  *)
(* (a macrotask) is taken: a request that comes in, or an answer from      *)
(* outside.  Events come in any order.                                     *)
(*                                                                         *)
(* Each call executes a script:                                            *)
(*   <<"io">>          await an answer from outside: continued by an event *)
(*   <<"tick">>        await what is there already: continued by a job     *)
(*   <<"await", p>>    await promise p, which calls share                  *)
(*   <<"resolve", p>>  fulfil it; queues a job for each that awaits it     *)
(*   <<"reject", p>>   reject it; who awaits it throws                     *)
(* Only the first resolve or reject of a promise counts.                   *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Scripts,  \* Scripts[c]: what call c does
  Count     \* the promises are 1..Count

Calls == DOMAIN Scripts
Promise == 1..Count
Nobody == 0

VARIABLES
  pc,       \* pc[c]: number of the operation that call c does next
  phase,    \* phase[c]: see Phases
  running,  \* the call that runs now, or Nobody
  jobs,     \* the queue of jobs: the calls that they continue
  state,    \* state[p]: "pending", "fulfilled" or "rejected"
  waiters   \* waiters[p]: the calls that await p, in the order in which they came

vars == <<pc, phase, running, jobs, state, waiters>>

\* Waits for an event; has a job; has a job that throws; runs; awaits a promise; has returned; has thrown.
Phases == <<"event", "job", "throws", "runs", "await", "done", "threw">>

Init ==
  /\ pc = [c \in Calls |-> 1]
  /\ phase = [c \in Calls |-> "event"]
  /\ running = Nobody
  /\ jobs = <<>>
  /\ state = [p \in Promise |-> "pending"]
  /\ waiters = [p \in Promise |-> <<>>]

(* The loop *)

MayTakeEvent == jobs = <<>>

Event(c) ==
  /\ running = Nobody
  /\ MayTakeEvent
  /\ phase[c] = "event"
  /\ running' = c
  /\ phase' = [phase EXCEPT ![c] = "runs"]
  /\ UNCHANGED <<pc, jobs, state, waiters>>

Job(c) ==
  /\ running = Nobody
  /\ jobs # <<>>
  /\ Head(jobs) = c
  /\ phase[c] = "job"
  /\ jobs' = Tail(jobs)
  /\ running' = c
  /\ phase' = [phase EXCEPT ![c] = "runs"]
  /\ UNCHANGED <<pc, state, waiters>>

\* The await throws and nobody catches it.
Throw(c) ==
  /\ running = Nobody
  /\ jobs # <<>>
  /\ Head(jobs) = c
  /\ phase[c] = "throws"
  /\ jobs' = Tail(jobs)
  /\ phase' = [phase EXCEPT ![c] = "threw"]
  /\ UNCHANGED <<pc, running, state, waiters>>

(* A call *)

At(c, op) == running = c /\ pc[c] <= Len(Scripts[c]) /\ Scripts[c][pc[c]][1] = op
P(c) == Scripts[c][pc[c]][2]
GoOn(c) == pc' = [pc EXCEPT ![c] = pc[c] + 1]

Io(c) ==
  /\ At(c, "io")
  /\ phase' = [phase EXCEPT ![c] = "event"]
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<jobs, state, waiters>>

Tick(c) ==
  /\ At(c, "tick")
  /\ phase' = [phase EXCEPT ![c] = "job"]
  /\ jobs' = Append(jobs, c)
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<state, waiters>>

\* How a call goes on that awaits a settled promise.
Continues(settled) == IF settled = "fulfilled" THEN "job" ELSE "throws"

AwaitPending(c) ==
  /\ At(c, "await")
  /\ state[P(c)] = "pending"
  /\ phase' = [phase EXCEPT ![c] = "await"]
  /\ waiters' = [waiters EXCEPT ![P(c)] = Append(waiters[P(c)], c)]
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<jobs, state>>

AwaitSettled(c) ==
  /\ At(c, "await")
  /\ state[P(c)] # "pending"
  /\ phase' = [phase EXCEPT ![c] = Continues(state[P(c)])]
  /\ jobs' = Append(jobs, c)
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<state, waiters>>

\* The jobs that settling p queues.
Woken(p) == waiters[p]

Settle(c, op, result) ==
  /\ At(c, op)
  /\ state[P(c)] = "pending"
  /\ state' = [state EXCEPT ![P(c)] = result]
  /\ jobs' = jobs \o Woken(P(c))
  /\ waiters' = [waiters EXCEPT ![P(c)] = <<>>]
  /\ phase' = [d \in Calls |-> IF \E i \in DOMAIN waiters[P(c)] : waiters[P(c)][i] = d THEN Continues(result)
                               ELSE phase[d]]
  /\ GoOn(c)
  /\ UNCHANGED running

Resolve(c) == Settle(c, "resolve", "fulfilled")
Reject(c) == Settle(c, "reject", "rejected")

TooLate(c) ==
  /\ At(c, "resolve") \/ At(c, "reject")
  /\ state[P(c)] # "pending"
  /\ GoOn(c)
  /\ UNCHANGED <<phase, running, jobs, state, waiters>>

Return(c) ==
  /\ running = c
  /\ pc[c] > Len(Scripts[c])
  /\ phase' = [phase EXCEPT ![c] = "done"]
  /\ running' = Nobody
  /\ UNCHANGED <<pc, jobs, state, waiters>>

\* Nothing runs, and nothing will: all have ended, or await what nobody settles.
End ==
  /\ running = Nobody
  /\ jobs = <<>>
  /\ \A c \in Calls : phase[c] \in {"done", "threw", "await"}
  /\ UNCHANGED vars

Step(c) ==
  \/ Event(c) \/ Job(c) \/ Throw(c) \/ Io(c) \/ Tick(c) \/ AwaitPending(c) \/ AwaitSettled(c)
  \/ Resolve(c) \/ Reject(c) \/ TooLate(c) \/ Return(c)
Steps == \E c \in Calls : Step(c)
Next == Steps \/ End
Spec == Init /\ [][Next]_vars /\ \A c \in Calls : SF_vars(Event(c)) /\ WF_vars(Step(c))

Number(x, names) == (CHOOSE i \in DOMAIN names : names[i] = x) - 1
Outcome ==
  <<[c \in Calls |-> Number(phase[c], Phases)],
    [p \in Promise |-> Number(state[p], <<"pending", "fulfilled", "rejected">>)]>>

-----------------------------------------------------------------------------
(* Properties *)

Queued(c) == {i \in DOMAIN jobs : jobs[i] = c}
Waiting(c, p) == {i \in DOMAIN waiters[p] : waiters[p][i] = c}
Awaited(c) == Scripts[c][pc[c] - 1][2]

TypeOK ==
  /\ \A c \in Calls : pc[c] \in 1..(Len(Scripts[c]) + 1)
  /\ \A c \in Calls : \E i \in DOMAIN Phases : phase[c] = Phases[i]
  /\ running \in Calls \cup {Nobody}
  /\ \A i \in DOMAIN jobs : jobs[i] \in Calls
  /\ state \in [Promise -> {"pending", "fulfilled", "rejected"}]

\* At most one call runs.
OneRuns == \A c \in Calls : (phase[c] = "runs") = (running = c)

\* A call has one job when it has something to continue, and none otherwise.
OneJobEach == \A c \in Calls : Cardinality(Queued(c)) = IF phase[c] \in {"job", "throws"} THEN 1 ELSE 0

\* Who awaits a promise is on its list, once, and the promise is pending: nobody is forgotten when it is settled.
NobodyIsForgotten ==
  \A c \in Calls : \A p \in Promise :
    Cardinality(Waiting(c, p)) = IF phase[c] = "await" /\ Awaited(c) = p /\ state[p] = "pending" THEN 1 ELSE 0

\* A call throws only where it awaited a promise that was rejected.
ThrowsForAReason ==
  \A c \in Calls : phase[c] \in {"throws", "threw"} => state[Awaited(c)] = "rejected"

\* A settled promise stays as it is.
SettledOnce == [][\A p \in Promise : state[p] # "pending" => state'[p] = state[p]]_vars

\* While a call runs, no other one does anything.
RunsToCompletion ==
  [][running # Nobody => /\ running' \in {running, Nobody}
                         /\ \A c \in Calls \ {running} : pc'[c] = pc[c] /\ phase'[c] # "runs"]_vars

\* No event is taken while there are jobs.
JobsComeFirst == [][running = Nobody /\ running' # Nobody => jobs = <<>> \/ jobs' = Tail(jobs)]_vars

\* Jobs run in the order in which they were queued.
FirstInFirstOut ==
  [][\/ Len(jobs') >= Len(jobs) /\ SubSeq(jobs', 1, Len(jobs)) = jobs
     \/ jobs # <<>> /\ jobs' = Tail(jobs)]_vars

\* Those who await a promise are continued in the order in which they came.
WaitersInOrder ==
  [][\A p \in Promise : waiters[p] # <<>> /\ waiters'[p] = <<>> => jobs' = jobs \o waiters[p]]_vars

\* Every job runs, and every event is taken in the end.
EverythingIsContinued ==
  \A c \in Calls : phase[c] \in {"event", "job", "throws"} ~> phase[c] \notin {"event", "job", "throws"}

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

Shared ==
  << <<<<"io">>, <<"await", 1>>, <<"tick">>>>, <<<<"await", 1>>, <<"await", 2>>>>,
     <<<<"io">>, <<"resolve", 1>>, <<"io">>, <<"reject", 2>>>>, <<<<"tick">>, <<"resolve", 2>>, <<"await", 2>>>> >>
Forgotten ==
  << <<<<"await", 1>>, <<"resolve", 2>>>>, <<<<"tick">>, <<"await", 2>>, <<"resolve", 1>>>>,
     <<<<"io">>, <<"tick">>, <<"tick">>>>, <<<<"io">>, <<"tick">>>> >>
=============================================================================
