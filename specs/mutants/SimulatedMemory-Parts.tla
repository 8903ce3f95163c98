---- MODULE SimulatedMemory_Parts ----
\* Config: SimulatedMemory-RA
\* Replaces: MayInsert <- Anywhere
\* Breaks: UpdatesAreAtomic
EXTENDS SimulatedMemory

\* Messages may come between a read-modify-write and what it read.
Anywhere(x, k) == TRUE
====
