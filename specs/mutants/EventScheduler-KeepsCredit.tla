---- MODULE EventScheduler_KeepsCredit ----
\* Config: EventScheduler
\* Replaces: Leave <- WithCredit
\* Breaks: NoCreditAway
EXTENDS EventScheduler

\* Who leaves the ring keeps what it has.
WithCredit(w, t) == [w EXCEPT !.ring = Tail(w.ring), !.granted[t] = FALSE]
====
