---------------------------- MODULE Dependencies ----------------------------
(***************************************************************************)
(* Who waits for whom (twin/engine/deps.c, and the synchronisation in      *)
(* vm.c): locks, semaphores, promises and joins.                           *)
(*                                                                         *)
(* Each thread executes a script, one instruction at a time:               *)
(*    <<"lock", l>>     wait until lock l is free, and take it             *)
(*    <<"unlock", l>>   give it back; who does not hold it fails           *)
(*    <<"acquire", s>>  wait until semaphore s is positive, and take one   *)
(*    <<"release", s>>  give one                                           *)
(*    <<"await", p>>    wait until promise p is resolved                   *)
(*    <<"resolve", p>>  resolve it; only the first time counts             *)
(*    <<"join", t>>     wait until thread t has ended                      *)
(*                                                                         *)
(* Nothing is handed over by name: a lock that is given back is free, and  *)
(* whoever steps next takes it.  A wake-up cannot get lost because nobody  *)
(* is woken: who waits can step as soon as what it waits for is there.     *)
(*                                                                         *)
(* A deadlock is a state in which threads wait and none can step.  It is   *)
(* found when it happens; the wait-for graph explains it.  Doomed says     *)
(* which threads can never step again, even while others still run.        *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Scripts,  \* Scripts[t]: the instructions of thread t
  Locks,    \* the locks are 1..Locks
  Permits,  \* Permits[s]: what semaphore s begins with
  Promises  \* the promises are 1..Promises

Threads == DOMAIN Scripts
Semaphores == DOMAIN Permits

VARIABLES
  pc,        \* pc[t]: number of the instruction that thread t executes next
  held,      \* held[t]: the locks that t holds
  taken,     \* the locks that are not free
  count,     \* count[s]: permits of semaphore s that are left
  resolved,  \* the promises that are resolved
  failed     \* the threads that failed

vars == <<pc, held, taken, count, resolved, failed>>

Init ==
  /\ pc = [t \in Threads |-> 1]
  /\ held = [t \in Threads |-> {}]
  /\ taken = {}
  /\ count = Permits
  /\ resolved = {}
  /\ failed = {}

Over(t) == t \in failed \/ pc[t] > Len(Scripts[t])
Op(t) == Scripts[t][pc[t]][1]
On(t) == Scripts[t][pc[t]][2]
At(t, op) == ~Over(t) /\ Op(t) = op
GoOn(t) == pc' = [pc EXCEPT ![t] = pc[t] + 1]

Lock(t) ==
  /\ At(t, "lock")
  /\ On(t) \notin taken
  /\ taken' = taken \cup {On(t)}
  /\ held' = [held EXCEPT ![t] = held[t] \cup {On(t)}]
  /\ GoOn(t)
  /\ UNCHANGED <<count, resolved, failed>>

Unlock(t) ==
  /\ At(t, "unlock")
  /\ On(t) \in held[t]
  /\ taken' = taken \ {On(t)}
  /\ held' = [held EXCEPT ![t] = held[t] \ {On(t)}]
  /\ GoOn(t)
  /\ UNCHANGED <<count, resolved, failed>>

BadUnlock(t) ==
  /\ At(t, "unlock")
  /\ On(t) \notin held[t]
  /\ failed' = failed \cup {t}
  /\ UNCHANGED <<pc, held, taken, count, resolved>>

Acquire(t) ==
  /\ At(t, "acquire")
  /\ count[On(t)] > 0
  /\ count' = [count EXCEPT ![On(t)] = count[On(t)] - 1]
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, resolved, failed>>

Release(t) ==
  /\ At(t, "release")
  /\ count' = [count EXCEPT ![On(t)] = count[On(t)] + 1]
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, resolved, failed>>

Resolve(t) ==
  /\ At(t, "resolve")
  /\ resolved' = resolved \cup {On(t)}
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, count, failed>>

Await(t) ==
  /\ At(t, "await")
  /\ On(t) \in resolved
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, count, resolved, failed>>

Join(t) ==
  /\ At(t, "join")
  /\ Over(On(t))
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, count, resolved, failed>>

Step(t) ==
  \/ Lock(t) \/ Unlock(t) \/ BadUnlock(t) \/ Acquire(t) \/ Release(t) \/ Resolve(t) \/ Await(t) \/ Join(t)
Steps == \E t \in Threads : Step(t)

\* A thread that is not over and cannot step.
Waits(t) ==
  /\ ~Over(t)
  /\ CASE Op(t) = "lock" -> On(t) \in taken
       [] Op(t) = "acquire" -> count[On(t)] = 0
       [] Op(t) = "await" -> On(t) \notin resolved
       [] Op(t) = "join" -> ~Over(On(t))
       [] OTHER -> FALSE

\* The end of a run, by completion or by deadlock: deadlocks are a subject of this module, not an error of it.
End == (\A t \in Threads : Over(t) \/ Waits(t)) /\ UNCHANGED vars

Next == Steps \/ End
Fairness == \A t \in Threads : WF_vars(Step(t))
Spec == Init /\ [][Next]_vars /\ Fairness

\* Does thread t still have an instruction `op` on x before it?
WillDo(t, op, x) == ~Over(t) /\ \E at \in pc[t]..Len(Scripts[t]) : Scripts[t][at] = <<op, x>>

\* The wait-for graph: those of whom at least one has to do something before the waiting thread t can step.
WaitsFor(t) ==
  CASE Op(t) = "lock" -> {u \in Threads : On(t) \in held[u] /\ WillDo(u, "unlock", On(t))}
    [] Op(t) = "acquire" -> {u \in Threads : WillDo(u, "release", On(t))}
    [] Op(t) = "await" -> {u \in Threads : WillDo(u, "resolve", On(t))}
    [] OTHER -> {u \in {On(t)} : ~Over(u)}

\* The threads that can never step again: the largest set of waiting ones that wait for nobody outside it.
Closed(s) == \A t \in s : Waits(t) /\ WaitsFor(t) \subseteq s
Doomed == UNION {s \in SUBSET {t \in Threads : Waits(t)} : Closed(s)}

\* How each thread ended: its next instruction, and whether it failed.
Outcome == <<pc, [t \in Threads |-> IF t \in failed THEN 1 ELSE 0]>>

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A t \in Threads : pc[t] \in 1..(Len(Scripts[t]) + 1)
  /\ held \in [Threads -> SUBSET (1..Locks)]
  /\ taken \subseteq 1..Locks
  /\ count \in [Semaphores -> Nat]
  /\ resolved \subseteq 1..Promises
  /\ failed \subseteq Threads

\* No lock is held twice, and a lock is taken exactly when somebody holds it.
MutualExclusion ==
  /\ \A t, u \in Threads : t # u => held[t] \cap held[u] = {}
  /\ taken = UNION {held[t] : t \in Threads}

\* How often the threads have executed an instruction so far.
Executed(op, x) ==
  Cardinality({<<t, at>> \in {<<t, at>> \in Threads \X (1..20) : at < pc[t]} : Scripts[t][at] = <<op, x>>})

\* No permit of a semaphore appears or disappears.
PermitsBalance ==
  \A s \in Semaphores : count[s] + Executed("acquire", s) = Permits[s] + Executed("release", s)

\* Who waits could not step, and who does not wait can: no wake-up is lost, however late a thread looks.
NoLostWakeUp == \A t \in Threads : ~Over(t) => (Waits(t) = ~ENABLED Step(t))

\* When nobody can step, exactly the doomed are left.
DeadlocksAreExplained ==
  (\A t \in Threads : Over(t) \/ Waits(t)) => Doomed = {t \in Threads : ~Over(t)}

\* A promise that is resolved stays so.
ResolvedForGood == [][resolved \subseteq resolved']_vars

\* Who is doomed never steps again and stays doomed.
DoomedForever == [][\A t \in Doomed : pc'[t] = pc[t] /\ t \in Doomed']_vars

\* Who waits, and is not doomed before, goes on in the end.
NobodyWaitsForNothing ==
  \A t \in Threads : \A at \in 1..Len(Scripts[t]) :
    pc[t] = at ~> (pc[t] > at \/ t \in failed \/ t \in Doomed)

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

\* Three philosophers, each of whom takes the fork on the left first.
Philosophers ==
  [t \in 1..3 |-> LET other == (t % 3) + 1
                  IN <<<<"lock", t>>, <<"lock", other>>, <<"unlock", other>>, <<"unlock", t>>>>]

\* A bit of everything: a leaked lock, an unlock too many, a promise that two threads resolve.
Everything ==
  << <<<<"acquire", 1>>, <<"lock", 1>>, <<"resolve", 1>>, <<"unlock", 1>>, <<"release", 1>>>>,
     <<<<"await", 1>>, <<"acquire", 1>>, <<"unlock", 2>>>>,
     <<<<"lock", 2>>, <<"resolve", 1>>, <<"acquire", 1>>, <<"release", 1>>>>,
     <<<<"join", 3>>, <<"lock", 2>>>> >>

NoPermits == <<>>
OnePermit == <<1>>
=============================================================================
