---- MODULE DPOR_RunsTheFinished ----
\* Config: DPOR-Chain
\* Replaces: Missing <- Everybody
\* Breaks: TypeOK
EXTENDS DPOR

\* Processes that have no step left are added to where a race began.
Everybody(s, i) == Processes
====
