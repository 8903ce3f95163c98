---- MODULE VirtualClock_FiresLate ----
\* Config: VirtualClock
\* Replaces: Fire <- Late
\* Breaks: Punctual
EXTENDS VirtualClock

\* The clock is one tick further than the timer was due.
Late(t) ==
  /\ queue # <<>>
  /\ queue[1].thread = t
  /\ now' = queue[1].due + 1
  /\ queue' = Rest
  /\ phase' = [phase EXCEPT ![t] = "awake"]
  /\ UNCHANGED <<done, seen>>
====
