---- MODULE EventScheduler_GrantsAgain ----
\* Config: EventScheduler
\* Replaces: Grant <- EveryTime
\* Breaks: FairShares
EXTENDS EventScheduler

\* Whoever has the turn gets a quantum for every request.
EveryTime(w, t) == [w EXCEPT !.granted[t] = TRUE, !.deficit[t] = @ + Share(t), !.quanta[t] = @ + 1]
====
