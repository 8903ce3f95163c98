---- MODULE EventScheduler_StaysIn ----
\* Config: EventScheduler
\* Replaces: Waits <- OnlyTheFirst
\* Breaks: RingIsRight
EXTENDS EventScheduler

\* Only the first of the ring is known to be there.
OnlyTheFirst(t) == ring # <<>> /\ Head(ring) = t
====
