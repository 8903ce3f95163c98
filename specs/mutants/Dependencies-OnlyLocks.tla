---- MODULE Dependencies_OnlyLocks ----
\* Config: Dependencies
\* Replaces: Doomed <- InCycles
\* Breaks: DeadlocksAreExplained
EXTENDS Dependencies

\* Only cycles count, so that who waits for somebody that has ended has no explanation.
Reaches[t \in Threads, u \in Threads, n \in 0..Cardinality(Threads)] ==
  n > 0 /\ Waits(t) /\ (u \in WaitsFor(t) \/ \E v \in WaitsFor(t) : Reaches[v, u, n - 1])
InCycles == {t \in Threads : Reaches[t, t, Cardinality(Threads)]}
====
