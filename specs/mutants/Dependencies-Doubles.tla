---- MODULE Dependencies_Doubles ----
\* Config: Dependencies
\* Replaces: Release <- Doubles
\* Breaks: PermitsBalance
EXTENDS Dependencies

\* A release gives two permits.
Doubles(t) ==
  /\ At(t, "release")
  /\ count' = [count EXCEPT ![On(t)] = count[On(t)] + 2]
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, resolved, failed>>
====
