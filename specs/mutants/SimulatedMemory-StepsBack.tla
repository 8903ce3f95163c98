---- MODULE SimulatedMemory_StepsBack ----
\* Config: SimulatedMemory-RA
\* Replaces: Sees <- AsRead
\* Breaks: ViewsGoForward
EXTENDS SimulatedMemory

\* A read sets the view to that of the message, which may be older.
AsRead(t, i) == [history[X(t)][i].view EXCEPT ![X(t)] = i]
====
