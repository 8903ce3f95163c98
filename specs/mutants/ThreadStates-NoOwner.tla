---- MODULE ThreadStates_NoOwner ----
\* Config: ThreadStates
\* Replaces: Lock <- Careless
\* Breaks: TypeOK
EXTENDS ThreadStates

\* The lock is taken in the name of a thread that does not exist.
Careless(t) ==
  /\ CanRun(t, "lock")
  /\ holder' = Parent + 1
  /\ GoOn(t, Blocks(t), FALSE)
  /\ UNCHANGED <<sleepers, unlucky>>
====
