---- MODULE VirtualClock_NoOrder ----
\* Config: VirtualClock
\* Replaces: Order <- NoOrder
\* Breaks: TypeOK
EXTENDS VirtualClock

\* Timers carry no Lamport counter.
NoOrder(due) == 0
====
