---- MODULE VirtualClock_GoesBack ----
\* Config: VirtualClock
\* Replaces: First <- Last
\* Breaks: Monotone
EXTENDS VirtualClock

\* The last timer fires first, so that an earlier one moves time back.
Last == Len(queue)
====
