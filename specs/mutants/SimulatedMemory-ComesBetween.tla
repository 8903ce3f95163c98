---- MODULE SimulatedMemory_ComesBetween ----
\* Config: SimulatedMemory-RA
\* Replaces: MayInsert <- Anywhere
\* Breaks: GluedStay
EXTENDS SimulatedMemory

\* Messages may come between a read-modify-write and what it read.
Anywhere(x, k) == TRUE
====
