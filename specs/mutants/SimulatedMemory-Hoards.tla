---- MODULE SimulatedMemory_Hoards ----
\* Config: SimulatedMemory-TSO
\* Replaces: Flushable <- OnlyWhenTwo
\* Breaks: EverythingArrives
EXTENDS SimulatedMemory

\* The last entry of a store buffer never gets to memory.
OnlyWhenTwo(t) == {i \in DOMAIN buffer[t] : i = 1 /\ Len(buffer[t]) > 1}
====
