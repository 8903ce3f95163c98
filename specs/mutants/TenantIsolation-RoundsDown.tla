---- MODULE TenantIsolation_RoundsDown ----
\* Config: TenantIsolation-Rates
\* Replaces: Wait <- RoundedDown
\* Breaks: RetryIsEnough
EXTENDS TenantIsolation

\* The time until there is a token is rounded down.
RoundedDown(t) == (Parts - Filled(t)) \div Rate[t]
====
