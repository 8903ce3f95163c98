---- MODULE VirtualClock_TimeStands ----
\* Config: VirtualClock
\* Replaces: Fire <- Still
\* Breaks: NeverEarly
EXTENDS VirtualClock

\* Timers fire, but time does not move.
Still(t) ==
  /\ queue # <<>>
  /\ queue[1].thread = t
  /\ queue' = Rest
  /\ phase' = [phase EXCEPT ![t] = "awake"]
  /\ UNCHANGED <<now, done, seen>>
====
