---- MODULE VirtualClock_StaysQueued ----
\* Config: VirtualClock
\* Replaces: Rest <- Kept
\* Breaks: OneTimerEach
EXTENDS VirtualClock

\* A timer that has fired stays in the queue.
Kept == queue
====
