---- MODULE Dependencies_Negative ----
\* Config: Dependencies
\* Replaces: Acquire <- Greedy
\* Breaks: TypeOK
EXTENDS Dependencies

\* A permit is taken from a semaphore that has none.
Greedy(t) ==
  /\ At(t, "acquire")
  /\ count' = [count EXCEPT ![On(t)] = IF count[On(t)] > 0 THEN count[On(t)] - 1 ELSE 0 - 1]
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, resolved, failed>>
====
