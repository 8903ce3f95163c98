---- MODULE Dependencies_Shared ----
\* Config: Dependencies-Philosophers
\* Replaces: Lock <- Shared
\* Breaks: MutualExclusion
EXTENDS Dependencies

\* A lock is taken while another thread has it.
Shared(t) ==
  /\ At(t, "lock")
  /\ taken' = taken \cup {On(t)}
  /\ held' = [held EXCEPT ![t] = held[t] \cup {On(t)}]
  /\ GoOn(t)
  /\ UNCHANGED <<count, resolved, failed>>
====
