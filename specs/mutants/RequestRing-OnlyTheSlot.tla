---- MODULE RequestRing_OnlyTheSlot ----
\* Config: RequestRing
\* Replaces: After <- SameSlot
\* Breaks: Bounded
EXTENDS RequestRing

\* A free slot is known by its place in the round only: in the next round it looks the same (the ABA problem).
SameSlot(p) == IF Slot(turn[Slot(at[p])]) = Slot(at[p]) THEN "claim" ELSE "start"
====
