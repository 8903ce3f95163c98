---- MODULE SchedulerOracle_LowestFirst ----
\* Config: SchedulerOracle-RoundRobin
\* Replaces: InTurn <- Lowest
\* Breaks: NobodyStarves
EXTENDS SchedulerOracle

\* The thread with the lowest number goes first.
Lowest(t) == \A u \in Threads : CanStep(u) => t <= u
====
