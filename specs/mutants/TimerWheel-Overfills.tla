---- MODULE TimerWheel_Overfills ----
\* Config: TimerWheel-NoRoom
\* Replaces: Return <- GoesOn
\* Breaks: TypeOK
EXTENDS TimerWheel

\* A timer that there is no room for is counted all the same.
GoesOn ==
  /\ \E d \in 0..(Base - 1) : IsNext(<<0, d>>) /\ now' = Begins(<<0, d>>)
  /\ fired = Room
  /\ fired' = fired + 1
  /\ UNCHANGED <<target, due, slots, wanted>>
====
