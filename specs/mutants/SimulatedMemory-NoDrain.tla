---- MODULE SimulatedMemory_NoDrain ----
\* Config: SimulatedMemory-PSO
\* Replaces: Drained <- Always
\* Breaks: FencesDrain
EXTENDS SimulatedMemory

\* Fences do not wait for the buffer.
Always(t) == TRUE
====
