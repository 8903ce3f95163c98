---- MODULE TenantIsolation_RefillsWhole ----
\* Config: TenantIsolation-Rates
\* Replaces: Filled <- AtOnce
\* Breaks: WithinRate
EXTENDS TenantIsolation

\* The bucket is full again as soon as some time has passed.
AtOnce(t) == IF now > since[t] THEN Burst[t] * Parts ELSE tokens[t]
====
