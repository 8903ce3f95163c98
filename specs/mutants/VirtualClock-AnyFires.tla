---- MODULE VirtualClock_AnyFires ----
\* Config: VirtualClock
\* Replaces: Fire <- AnyFires
\* Breaks: Deterministic
EXTENDS VirtualClock

\* Any timer may fire, though the first moves time.
AnyFires(t) ==
  /\ t \in Sleepers
  /\ now' = queue[1].due
  /\ queue' = SelectSeq(queue, LAMBDA timer : timer.thread # t)
  /\ phase' = [phase EXCEPT ![t] = "awake"]
  /\ UNCHANGED <<done, seen>>
====
