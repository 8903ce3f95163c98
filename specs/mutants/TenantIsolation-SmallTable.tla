---- MODULE TenantIsolation_SmallTable ----
\* Config: TenantIsolation
\* Replaces: Table <- TooSmall
\* Breaks: OwnFault
EXTENDS TenantIsolation

\* The table is smaller than what all tenants together may have: one can fill it.
TooSmall == 5
====
