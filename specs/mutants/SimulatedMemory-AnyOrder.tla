---- MODULE SimulatedMemory_AnyOrder ----
\* Config: SimulatedMemory-TSO
\* Replaces: Flushable <- AnyEntry
\* Breaks: StoresKeepTheirOrder
EXTENDS SimulatedMemory

\* Entries of a store buffer get to memory in any order.
AnyEntry(t) == DOMAIN buffer[t]
====
