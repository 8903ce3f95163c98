---- MODULE TenantIsolation_OneTooMany ----
\* Config: TenantIsolation
\* Replaces: MayRun <- OneMore
\* Breaks: WithinLimits
EXTENDS TenantIsolation

\* The limit is compared with what runs already, and the one that is taken is not counted.
OneMore(t) == queue[t] > 0 /\ runs[t] <= Running
====
