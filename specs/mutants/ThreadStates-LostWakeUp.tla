---- MODULE ThreadStates_LostWakeUp ----
\* Config: ThreadStates
\* Replaces: Wakes <- Nobody
\* Breaks: EveryThreadEnds
EXTENDS ThreadStates

\* Who waits for the lock is not told that it is free.
Nobody(t) == status
====
