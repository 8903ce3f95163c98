---------------------------- MODULE VirtualClock ----------------------------
(***************************************************************************)
(* Simulated time (twin/engine/clock.c).                                   *)
(*                                                                         *)
(* Threads sleep and read the clock.  A sleep is two steps: the thread     *)
(* sets a timer and is then asleep; later the timer fires and the thread   *)
(* runs on.  Time stands still while threads run, and moves only when a    *)
(* timer fires: to the moment at which that timer was due.  So a run of    *)
(* hours takes no time at all, and equal inputs give equal runs.           *)
(*                                                                         *)
(* Timers fire in the order (due, order of setting).  The order of setting *)
(* is a Lamport counter that counts among the pending timers of one        *)
(* instant only; it is renumbered when one fires, so that two situations   *)
(* that look the same are the same state.                                  *)
(*                                                                         *)
(* How to read this.  VARIABLES is the whole state.  Init says how it      *)
(* begins.  An action such as Fire(t) is one possible step: conditions     *)
(* about the state now, and about the state after it, written with a       *)
(* prime.  TLC tries every action in every state, and checks the           *)
(* properties at the end of this file in all of them.                      *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANT Naps   \* Naps[t]: how long thread t sleeps, one number for each sleep

Threads == DOMAIN Naps

VARIABLES
  now,     \* the time
  queue,   \* pending timers in the order in which they fire
  done,    \* done[t]: how many of its sleeps thread t has behind it
  phase,   \* phase[t]: "ready" to sleep, "asleep", or "awake" and about to read the clock
  seen     \* seen[t]: what thread t read last

vars == <<now, queue, done, phase, seen>>

Init ==
  /\ now = 0
  /\ queue = <<>>
  /\ done = [t \in Threads |-> 0]
  /\ phase = [t \in Threads |-> "ready"]
  /\ seen = [t \in Threads |-> 0]

IsOver(t) == phase[t] = "ready" /\ done[t] = Len(Naps[t])

\* How many timers fire before one that is set now and due at the given time.
Ahead(due) == Cardinality({i \in 1..Len(queue) : queue[i].due <= due})

\* The Lamport counter of such a timer.
Order(due) ==
  LET ahead == Ahead(due)
  IN IF ahead > 0 /\ queue[ahead].due = due THEN queue[ahead].order + 1 ELSE 1

Set(t) ==
  /\ phase[t] = "ready"
  /\ done[t] < Len(Naps[t])
  /\ LET due == now + Naps[t][done[t] + 1]
         ahead == Ahead(due)
     IN queue' = SubSeq(queue, 1, ahead) \o <<[due |-> due, order |-> Order(due), thread |-> t]>>
                 \o SubSeq(queue, ahead + 1, Len(queue))
  /\ phase' = [phase EXCEPT ![t] = "asleep"]
  /\ UNCHANGED <<now, done, seen>>

\* Which timer may fire: the first.
First == 1

\* The queue without that timer.
Rest ==
  LET fired == queue[First]
      left == SubSeq(queue, 1, First - 1) \o SubSeq(queue, First + 1, Len(queue))
  IN [i \in DOMAIN left |->
        [left[i] EXCEPT !.order = IF left[i].due = fired.due THEN left[i].order - 1 ELSE left[i].order]]

Fire(t) ==
  /\ queue # <<>>
  /\ queue[First].thread = t
  /\ now' = queue[First].due
  /\ queue' = Rest
  /\ phase' = [phase EXCEPT ![t] = "awake"]
  /\ UNCHANGED <<done, seen>>

Read(t) ==
  /\ phase[t] = "awake"
  /\ seen' = [seen EXCEPT ![t] = now]
  /\ done' = [done EXCEPT ![t] = done[t] + 1]
  /\ phase' = [phase EXCEPT ![t] = "ready"]
  /\ UNCHANGED <<now, queue>>

\* Nothing is left to do.  A step that changes nothing, so that the end is no deadlock.
End ==
  /\ \A t \in Threads : IsOver(t)
  /\ UNCHANGED vars

Step(t) == Set(t) \/ Fire(t) \/ Read(t)
Steps == \E t \in Threads : Step(t)
Next == Steps \/ End

\* Whoever can step all the time does so in the end.
Fairness == \A t \in Threads : WF_vars(Step(t))
Spec == Init /\ [][Next]_vars /\ Fairness

\* What is left of a run when it is over.
Outcome == seen

-----------------------------------------------------------------------------
(* Properties *)

Sleepers == {queue[i].thread : i \in DOMAIN queue}
DueOf(t) == (CHOOSE i \in DOMAIN queue : queue[i].thread = t)

TypeOK ==
  /\ now \in Nat
  /\ \A i \in DOMAIN queue : queue[i] \in [due : Nat, order : 1..Cardinality(Threads), thread : Threads]
  /\ \A t \in Threads : done[t] \in 0..Len(Naps[t]) /\ seen[t] \in Nat
  /\ phase \in [Threads -> {"ready", "asleep", "awake"}]

\* A thread has exactly one timer while it sleeps, and none otherwise.
OneTimerEach ==
  /\ \A t \in Threads : (phase[t] = "asleep") = (t \in Sleepers)
  /\ Cardinality(Sleepers) = Len(queue)

\* The queue is in the order in which timers fire, without ties.
Ordered ==
  \A i, j \in DOMAIN queue : i < j =>
    \/ queue[i].due < queue[j].due
    \/ queue[i].due = queue[j].due /\ queue[i].order < queue[j].order

\* No timer is overdue: time never passes a pending one.
NothingOverdue == \A i \in DOMAIN queue : queue[i].due >= now

\* In no state could two timers fire, so time has one future only.
Deterministic == Cardinality({t \in Threads : ENABLED Fire(t)}) <= 1

\* What a thread reads after a sleep is no earlier than the sleep was long.
NeverEarly == \A t \in Threads : done[t] > 0 => seen[t] >= Naps[t][done[t]]

\* Time never goes back.
Monotone == [][now' >= now]_vars

\* Time moves only by a timer, and then to exactly the moment at which that was due.
Punctual ==
  [][\A t \in Threads : IF phase[t] = "asleep" /\ phase'[t] = "awake"
                        THEN now' = queue[DueOf(t)].due
                        ELSE (\A u \in Threads : ~(phase[u] = "asleep" /\ phase'[u] = "awake")) => now' = now]_vars

\* Of timers that are due at the same time, the one that was set first fires first.
FirstSetFirst ==
  /\ [][\A i \in DOMAIN queue' : queue'[i].thread \notin Sleepers =>
          \A j \in DOMAIN queue' : queue'[j].due = queue'[i].due => j <= i]_vars
  /\ [][\A t \in Threads : phase[t] = "asleep" /\ phase'[t] = "awake" =>
          \A i \in DOMAIN queue : queue[i].thread = t \/ queue[i].due > queue[DueOf(t)].due
                                  \/ queue[i].order > queue[DueOf(t)].order]_vars

\* Every sleeper wakes.
EverySleeperWakes == \A t \in Threads : phase[t] = "asleep" ~> phase[t] = "awake"

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

Staggered == <<<<2, 1>>, <<1, 2>>, <<3>>>>
Ties == <<<<1, 0>>, <<1, 1>>, <<0, 1>>>>
=============================================================================
