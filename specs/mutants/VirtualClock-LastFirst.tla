---- MODULE VirtualClock_LastFirst ----
\* Config: VirtualClock
\* Replaces: First <- Last
\* Breaks: NothingOverdue
EXTENDS VirtualClock

\* The last timer of the queue fires first.
Last == Len(queue)
====
