---- MODULE TimerWheel_FiresAbove ----
\* Config: TimerWheel
\* Replaces: Fire <- FromAnyLevel
\* Breaks: Punctual
EXTENDS TimerWheel

\* A slot above level 0 fires as it is.
FromAnyLevel(t) ==
  /\ \E l \in 0..(Levels - 1), d \in 0..(Base - 1) :
       /\ IsNext(<<l, d>>)
       /\ fired < Room
       /\ t = Head(slots[l][d])
       /\ now' = Begins(<<l, d>>)
  /\ due' = [due EXCEPT ![t] = Unset]
  /\ slots' = Unlinked(slots, t)
  /\ fired' = fired + 1
  /\ wanted' = Without(wanted, t)
  /\ UNCHANGED target
====
