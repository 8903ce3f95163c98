---- MODULE TimerWheel_TurnsBack ----
\* Config: TimerWheel
\* Replaces: Begins <- InTheFirstTurn
\* Breaks: Monotone
EXTENDS TimerWheel

\* The digits of the time above the slot are forgotten.
InTheFirstTurn(place) == place[2] * Base ^ place[1]
====
