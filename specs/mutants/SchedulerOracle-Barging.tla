---- MODULE SchedulerOracle_Barging ----
\* Config: SchedulerOracle
\* Replaces: Discipline <- Barging
\* Breaks: NobodyStarves
EXTENDS SchedulerOracle

\* A lock that whoever comes first takes.
Barging == "barging"
====
