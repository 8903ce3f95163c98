---- MODULE EventScheduler_SavesUp ----
\* Config: EventScheduler-Three
\* Replaces: Blocked <- GetsItsShare
\* Breaks: CreditIsBounded
EXTENDS EventScheduler

\* Who is kept from running by its own limit gets its share all the same.
GetsItsShare(w, t) == Pass([w EXCEPT !.deficit[t] = @ + Share(t)], t)
====
