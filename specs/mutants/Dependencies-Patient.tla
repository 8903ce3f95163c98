---- MODULE Dependencies_Patient ----
\* Config: Dependencies-Philosophers
\* Replaces: Unlock <- Patient
\* Breaks: NobodyWaitsForNothing
EXTENDS Dependencies

\* A lock is only given back when nobody wants it.
Patient(t) ==
  /\ At(t, "unlock")
  /\ \A u \in Threads : ~(At(u, "lock") /\ On(u) = On(t))
  /\ taken' = taken \ {On(t)}
  /\ held' = [held EXCEPT ![t] = held[t] \ {On(t)}]
  /\ GoOn(t)
  /\ UNCHANGED <<count, resolved, failed>>
====
