---------------------------- MODULE ThreadStates ----------------------------
(***************************************************************************)
(* The life of a thread (twin/engine/oracle.c).                            *)
(*                                                                         *)
(* A thread is NEW until it is spawned.  Then it is RUNNABLE when it could *)
(* step, BLOCKED when it waits for another thread, SLEEPING when it waits  *)
(* for the clock, and at last COMPLETED or FAILED, which it stays.  While  *)
(* it steps it is RUNNING; no other thread runs meanwhile, so that no      *)
(* state between two steps shows a running thread.                         *)
(*                                                                         *)
(* One thread, the parent, spawns workers one after the other and then     *)
(* waits for the end of each.  A worker does what its script says: it      *)
(* sleeps, takes and gives back the one lock, or takes a risk, after which *)
(* it goes on or fails.  A script that begins with "broken" fails as soon  *)
(* as it is spawned.                                                       *)
(*                                                                         *)
(* Statuses are kept here as a scheduler of an operating system would keep *)
(* them: whoever changes something tells the threads that it concerns.     *)
(* The engine computes them from the rest of the state.  StatusIsHonest    *)
(* says that the two are the same.                                         *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANT Scripts   \* Scripts[w]: what worker w does, of "sleep", "lock", "unlock", "risk", "broken"

Workers == DOMAIN Scripts
Parent == Len(Scripts) + 1
Threads == 1..Parent
None == 0

VARIABLES
  status,    \* status[t]
  pc,        \* pc[t]: number of the instruction that thread t executes next
  holder,    \* who has the lock, or None
  sleepers,  \* those who sleep, in the order in which they wake
  unlucky    \* unlucky[t]: thread t took a risk and failed

vars == <<status, pc, holder, sleepers, unlucky>>

\* The parent spawns each worker and then joins each.
Size(t) == IF t = Parent THEN 2 * Len(Scripts) ELSE Len(Scripts[t])
Does(t, at) == IF t # Parent THEN Scripts[t][at] ELSE IF at <= Len(Scripts) THEN "spawn" ELSE "join"
Child(at) == IF at <= Len(Scripts) THEN at ELSE at - Len(Scripts)

Over == {"COMPLETED", "FAILED"}

\* The status with which thread t arrives at an instruction, if `free` says whether the lock is free and `over` is the
\* set of threads that have ended.
Arrives(t, at, free, over) ==
  IF at > Size(t) THEN "COMPLETED"
  ELSE CASE Does(t, at) = "broken" -> "FAILED"
         [] Does(t, at) = "lock" -> IF free THEN "RUNNABLE" ELSE "BLOCKED"
         [] Does(t, at) = "join" -> IF Child(at) \in over THEN "RUNNABLE" ELSE "BLOCKED"
         [] OTHER -> "RUNNABLE"

Ended == {t \in Threads : status[t] \in Over}

Init ==
  /\ pc = [t \in Threads |-> 1]
  /\ holder = None
  /\ sleepers = <<>>
  /\ unlucky = [t \in Threads |-> FALSE]
  /\ status = [t \in Threads |-> IF t = Parent THEN Arrives(Parent, 1, TRUE, {}) ELSE "NEW"]

\* Workers other than t that are about to take the lock.
Takers(t) == {u \in Workers \ {t} : status[u] \in {"RUNNABLE", "BLOCKED"} /\ Does(u, pc[u]) = "lock"}

\* Statuses after the parent is told that t has ended, if it waits for that.
Told(now, t) ==
  IF now[Parent] = "BLOCKED" /\ Child(pc[Parent]) = t THEN [now EXCEPT ![Parent] = "RUNNABLE"] ELSE now

\* Thread t goes on at its next instruction; `others` are the statuses of the others.
GoOn(t, others, free) ==
  LET next == Arrives(t, pc[t] + 1, free, Ended)
  IN /\ status' = [(IF next \in Over THEN Told(others, t) ELSE others) EXCEPT ![t] = next]
     /\ pc' = [pc EXCEPT ![t] = pc[t] + 1]

CanRun(t, what) == status[t] = "RUNNABLE" /\ Does(t, pc[t]) = what

Spawn(t) ==
  /\ CanRun(t, "spawn")
  /\ LET child == Child(pc[t])
         born == Arrives(child, 1, holder = None, {})
         over == Ended \cup (IF born \in Over THEN {child} ELSE {})
     IN status' = [status EXCEPT ![child] = born, ![t] = Arrives(t, pc[t] + 1, TRUE, over)]
  /\ pc' = [pc EXCEPT ![t] = pc[t] + 1]
  /\ UNCHANGED <<holder, sleepers, unlucky>>

Join(t) ==
  /\ CanRun(t, "join")
  /\ GoOn(t, status, holder = None)
  /\ UNCHANGED <<holder, sleepers, unlucky>>

\* Who waits for the lock is told when it is taken and when it is free again.
Blocks(t) == [u \in Threads |-> IF u \in Takers(t) THEN "BLOCKED" ELSE status[u]]
Wakes(t) == [u \in Threads |-> IF u \in Takers(t) THEN "RUNNABLE" ELSE status[u]]

Lock(t) ==
  /\ CanRun(t, "lock")
  /\ holder' = t
  /\ GoOn(t, Blocks(t), FALSE)
  /\ UNCHANGED <<sleepers, unlucky>>

Unlock(t) ==
  /\ CanRun(t, "unlock")
  /\ holder' = None
  /\ GoOn(t, Wakes(t), TRUE)
  /\ UNCHANGED <<sleepers, unlucky>>

Sleep(t) ==
  /\ CanRun(t, "sleep")
  /\ sleepers' = Append(sleepers, t)
  /\ status' = [status EXCEPT ![t] = "SLEEPING"]
  /\ UNCHANGED <<pc, holder, unlucky>>

Wake(t) ==
  /\ sleepers # <<>>
  /\ Head(sleepers) = t
  /\ sleepers' = Tail(sleepers)
  /\ GoOn(t, status, holder = None)
  /\ UNCHANGED <<holder, unlucky>>

GoesWell(t) ==
  /\ CanRun(t, "risk")
  /\ GoOn(t, status, holder = None)
  /\ UNCHANGED <<holder, sleepers, unlucky>>

Fails(t) ==
  /\ CanRun(t, "risk")
  /\ status' = [Told(status, t) EXCEPT ![t] = "FAILED"]
  /\ unlucky' = [unlucky EXCEPT ![t] = TRUE]
  /\ UNCHANGED <<pc, holder, sleepers>>

End == Ended = Threads /\ UNCHANGED vars

Step(t) == Spawn(t) \/ Join(t) \/ Lock(t) \/ Unlock(t) \/ Sleep(t) \/ Wake(t) \/ GoesWell(t) \/ Fails(t)
Steps == \E t \in Threads : Step(t)
Next == Steps \/ End

Fairness == \A t \in Threads : WF_vars(Step(t))
Spec == Init /\ [][Next]_vars /\ Fairness

\* What is left of a run: how each thread ended.
Outcome == status

-----------------------------------------------------------------------------
(* Properties *)

Statuses == {"NEW", "RUNNABLE", "RUNNING", "BLOCKED", "SLEEPING", "COMPLETED", "FAILED"}

\* What may follow each status; the table of the engine.
Legal ==
  { <<"NEW", "RUNNABLE">>, <<"NEW", "BLOCKED">>, <<"NEW", "COMPLETED">>, <<"NEW", "FAILED">>,
    <<"RUNNABLE", "RUNNING">>, <<"RUNNABLE", "BLOCKED">>,
    <<"RUNNING", "RUNNABLE">>, <<"RUNNING", "BLOCKED">>, <<"RUNNING", "SLEEPING">>,
    <<"RUNNING", "COMPLETED">>, <<"RUNNING", "FAILED">>,
    <<"BLOCKED", "RUNNABLE">>, <<"SLEEPING", "RUNNING">> }

TypeOK ==
  /\ status \in [Threads -> Statuses]
  /\ \A t \in Threads : pc[t] \in 1..(Size(t) + 1)
  /\ holder \in Workers \cup {None}
  /\ \A i \in DOMAIN sleepers : sleepers[i] \in Workers
  /\ unlucky \in [Threads -> BOOLEAN]

\* No thread is in the middle of a step when another could look.
NobodyRunsBetweenSteps == \A t \in Threads : status[t] # "RUNNING"

\* The status that is kept is the one that follows from the rest of the state.
StatusIsHonest ==
  \A t \in Threads :
    status[t] = IF t # Parent /\ pc[Parent] <= t THEN "NEW"
                ELSE IF \E i \in DOMAIN sleepers : sleepers[i] = t THEN "SLEEPING"
                ELSE IF unlucky[t] THEN "FAILED"
                ELSE Arrives(t, pc[t], holder = None, Ended)

\* Every change of a status is in the table, or leads through RUNNING.
EveryChangeIsLegal ==
  [][\A t \in Threads : LET from == status[t]
                            to == status'[t]
                        IN \/ from = to
                           \/ <<from, to>> \in Legal
                           \/ {<<from, "RUNNING">>, <<"RUNNING", to>>} \subseteq Legal]_vars

\* Who has ended does nothing more.
TheEndIsFinal == [][\A t \in Threads : status[t] \in Over => status'[t] = status[t] /\ pc'[t] = pc[t]]_vars

\* A new thread does nothing before it is spawned, and is spawned by the parent only.
OnlyTheParentSpawns ==
  [][\A t \in Threads : status[t] = "NEW" /\ status'[t] # "NEW" => pc'[Parent] = pc[Parent] + 1]_vars

\* Every thread ends.
EveryThreadEnds == \A t \in Threads : <>(status[t] \in Over)

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

Mixed == <<<<"sleep", "lock", "unlock">>, <<"lock", "sleep", "unlock", "risk">>, <<"risk">>>>
Odd == <<<<>>, <<"broken">>, <<"lock", "unlock", "sleep">>, <<"lock", "unlock", "risk">>>>
=============================================================================
