---- MODULE EventScheduler_FreeOfCharge ----
\* Config: EventScheduler
\* Replaces: Charged <- AsMeasured
\* Breaks: NobodyStarves
EXTENDS EventScheduler

\* A request that took no time costs nothing.
AsMeasured(cost) == cost
====
