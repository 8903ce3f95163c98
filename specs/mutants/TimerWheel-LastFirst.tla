---- MODULE TimerWheel_LastFirst ----
\* Config: TimerWheel
\* Replaces: Queued <- InFront
\* Breaks: FiresInOrder
EXTENDS TimerWheel

\* A timer is put in front of those of its slot.
InFront(list, t) == <<t>> \o list
====
