---- MODULE TimerWheel_HighestFirst ----
\* Config: TimerWheel
\* Replaces: First <- Highest
\* Breaks: NextIsInTime
EXTENDS TimerWheel

\* The next slot is that of the highest level.
Highest == CHOOSE a \in Used : \A b \in Used : a[1] > b[1] \/ (a[1] = b[1] /\ a[2] <= b[2])
====
