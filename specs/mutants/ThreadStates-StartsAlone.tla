---- MODULE ThreadStates_StartsAlone ----
\* Config: ThreadStates
\* Replaces: Unlock <- StartsAnother
\* Breaks: OnlyTheParentSpawns
EXTENDS ThreadStates

\* Giving the lock back makes every other thread RUNNABLE, new ones too.
StartsAnother(t) ==
  /\ CanRun(t, "unlock")
  /\ holder' = None
  /\ GoOn(t, [u \in Threads |-> IF status[u] = "NEW" THEN "RUNNABLE" ELSE Wakes(t)[u]], TRUE)
  /\ UNCHANGED <<sleepers, unlucky>>
====
