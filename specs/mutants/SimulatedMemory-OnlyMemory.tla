---- MODULE SimulatedMemory_OnlyMemory ----
\* Config: SimulatedMemory-TSO
\* Replaces: Visible <- OnlyMemory
\* Breaks: SeesItsOwnStores
EXTENDS SimulatedMemory

\* Loads do not look into the store buffer.
OnlyMemory(t, x) == memory[x]
====
