---- MODULE EventScheduler_OneRound ----
\* Config: EventScheduler
\* Replaces: Skip <- NoRounds
\* Breaks: WorkConserving
EXTENDS EventScheduler

\* Nobody is taken while all owe something.
NoRounds(w) == w
====
