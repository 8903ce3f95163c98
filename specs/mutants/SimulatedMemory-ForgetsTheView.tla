---- MODULE SimulatedMemory_ForgetsTheView ----
\* Config: SimulatedMemory-RA
\* Replaces: Sees <- OnlyTheWord
\* Breaks: NoWeakOutcome
EXTENDS SimulatedMemory

\* Who reads a message does not get the view that it carries.
OnlyTheWord(t, i) == [view[t] EXCEPT ![X(t)] = IF view[t][X(t)] > i THEN view[t][X(t)] ELSE i]
====
