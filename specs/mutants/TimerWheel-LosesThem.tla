---- MODULE TimerWheel_LosesThem ----
\* Config: TimerWheel
\* Replaces: MovedDown <- Forgotten
\* Breaks: EveryTimerEnds
EXTENDS TimerWheel

\* The timers of a slot above level 0 are dropped.
Forgotten(l, d, time) == [slots EXCEPT ![l][d] = <<>>]
====
