---- MODULE Dependencies_OnlyTheFirst ----
\* Config: Dependencies-Philosophers
\* Replaces: Lock <- OnlyTheFirst
\* Breaks: NoLostWakeUp
EXTENDS Dependencies

\* Of those who wait for a lock, only the first thread ever gets it: the wake-up of the others is lost.
OnlyTheFirst(t) ==
  /\ At(t, "lock")
  /\ On(t) \notin taken
  /\ \A u \in Threads : At(u, "lock") /\ On(u) = On(t) => t <= u
  /\ taken' = taken \cup {On(t)}
  /\ held' = [held EXCEPT ![t] = held[t] \cup {On(t)}]
  /\ GoOn(t)
  /\ UNCHANGED <<count, resolved, failed>>
====
