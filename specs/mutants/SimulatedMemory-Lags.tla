---- MODULE SimulatedMemory_Lags ----
\* Config: SimulatedMemory-RA
\* Replaces: Sees <- TooFar
\* Breaks: TypeOK
EXTENDS SimulatedMemory

\* Who reads a message believes to have seen one more.
TooFar(t, i) == [view[t] EXCEPT ![X(t)] = i + 1]
====
