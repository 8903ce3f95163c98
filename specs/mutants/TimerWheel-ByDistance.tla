---- MODULE TimerWheel_ByDistance ----
\* Config: TimerWheel
\* Replaces: Place <- ByDistance
\* Breaks: InItsPlace
EXTENDS TimerWheel

\* The level is that of the distance, as in a wheel of which every level turns on its own.
ByDistance(moment, time) ==
  LET l == Level(moment - time, 0) IN IF moment >= time THEN <<l, Digit(moment, l)>> ELSE <<0, 0>>
====
