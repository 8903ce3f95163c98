---- MODULE Promises_Twice ----
\* Config: Promises
\* Replaces: Woken <- Twice
\* Breaks: OneJobEach
EXTENDS Promises

\* Who awaits a promise is continued twice.
Twice(p) == waiters[p] \o waiters[p]
====
