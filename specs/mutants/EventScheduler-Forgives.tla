---- MODULE EventScheduler_Forgives ----
\* Config: EventScheduler
\* Replaces: Settled <- InFull
\* Breaks: TypeOK
EXTENDS EventScheduler

\* All that a request cost is owed, however much.
InFull(t, paid, cost) == deficit[t] - (cost - paid) - Debt
====
