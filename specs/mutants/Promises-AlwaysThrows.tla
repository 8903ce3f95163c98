---- MODULE Promises_AlwaysThrows ----
\* Config: Promises
\* Replaces: Continues <- Throws
\* Breaks: ThrowsForAReason
EXTENDS Promises

\* Every await of a promise throws.
Throws(settled) == "throws"
====
