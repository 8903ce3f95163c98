---- MODULE SchedulerOracle_CountsAll ----
\* Config: SchedulerOracle-Preemptions
\* Replaces: Costs <- EverySwitch
\* Breaks: OnlyPreemptionsCount
EXTENDS SchedulerOracle

\* Going on with another thread when the last one has to wait counts too.
EverySwitch(t) == IF Switches(t) THEN 1 ELSE 0
====
