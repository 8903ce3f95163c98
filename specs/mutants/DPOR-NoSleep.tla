---- MODULE DPOR_NoSleep ----
\* Config: DPOR
\* Replaces: StaysAsleep <- Nobody
\* Breaks: NoTraceTwice
EXTENDS DPOR

\* No process stays asleep, so that traces are run twice.
Nobody(p) == {}
====
