---- MODULE DPOR_SleepsAtOnce ----
\* Config: DPOR-Chain
\* Replaces: StaysAsleep <- AllStay
\* Breaks: EveryTraceIsRun
EXTENDS DPOR

\* A process stays asleep although the step that was taken depends on its own.
AllStay(p) == sleep[Top]
====
