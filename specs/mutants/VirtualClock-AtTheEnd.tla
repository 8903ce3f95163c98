---- MODULE VirtualClock_AtTheEnd ----
\* Config: VirtualClock
\* Replaces: Ahead <- All
\* Breaks: Ordered
EXTENDS VirtualClock

\* New timers go to the end of the queue, whenever they are due.
All(due) == Len(queue)
====
