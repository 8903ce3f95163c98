---- MODULE VirtualClock_LastSetFirst ----
\* Config: VirtualClock-Ties
\* Replaces: Ahead <- Before
\* Breaks: FirstSetFirst
EXTENDS VirtualClock

\* Of timers that are due at the same time, the one that was set last comes first.
Before(due) == Cardinality({i \in 1..Len(queue) : queue[i].due < due})
====
