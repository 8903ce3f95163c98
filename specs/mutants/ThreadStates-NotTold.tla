---- MODULE ThreadStates_NotTold ----
\* Config: ThreadStates
\* Replaces: Blocks <- NotTold
\* Breaks: StatusIsHonest
EXTENDS ThreadStates

\* Who waits for the lock is not told that another thread took it.
NotTold(t) == status
====
