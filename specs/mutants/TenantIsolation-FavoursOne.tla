---- MODULE TenantIsolation_FavoursOne ----
\* Config: TenantIsolation
\* Replaces: MayRun <- LowestFirst
\* Breaks: EveryTurnComes
EXTENDS TenantIsolation

\* The tenant with the lowest number goes first, as long as it has anything.
LowestFirst(t) == queue[t] > 0 /\ runs[t] < Running /\ \A u \in Tenants : u < t => queue[u] = 0
====
