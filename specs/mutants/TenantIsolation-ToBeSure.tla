---- MODULE TenantIsolation_ToBeSure ----
\* Config: TenantIsolation-Rates
\* Replaces: Wait <- OneMore
\* Breaks: RetryIsNeeded
EXTENDS TenantIsolation

\* The time until there is a token is rounded up even when it is whole.
OneMore(t) == (Parts - Filled(t)) \div Rate[t] + 1
====
