---- MODULE DPOR_LosesARace ----
\* Config: DPOR
\* Replaces: Missing <- OnlyTheFirst
\* Breaks: SleepLosesNothing
EXTENDS DPOR

\* Races with anything but the first step of a schedule are not reversed.
OnlyTheFirst(s, i) == IF i > 1 \/ Initials(s, i) \cap back[i] # {} THEN {} ELSE Initials(s, i)
====
