---- MODULE TenantIsolation_Overdraws ----
\* Config: TenantIsolation-Rates
\* Replaces: Pays <- Half
\* Breaks: TypeOK
EXTENDS TenantIsolation

\* A request is let in for half a token, and pays one and a half.
Half(t) == Filled(t) - Parts - Parts \div 2
====
