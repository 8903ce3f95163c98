---- MODULE Promises_LastFirst ----
\* Config: Promises
\* Replaces: Woken <- Backwards
\* Breaks: WaitersInOrder
EXTENDS Promises

\* Who came last is continued first.
Backwards(p) == [i \in DOMAIN waiters[p] |-> waiters[p][Len(waiters[p]) + 1 - i]]
====
