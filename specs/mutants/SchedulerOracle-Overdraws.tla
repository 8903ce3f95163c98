---- MODULE SchedulerOracle_Overdraws ----
\* Config: SchedulerOracle-Preemptions
\* Replaces: Costs <- Double
\* Breaks: TypeOK
EXTENDS SchedulerOracle

\* Every switch costs one, and is allowed to.
Double(t) == IF Switches(t) /\ ~CanStep(last) THEN 0 - 1 ELSE 0
====
