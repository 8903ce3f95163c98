---- MODULE ConnectionLife_AsTheyCome ----
\* Config: ConnectionLife
\* Replaces: Complete <- AtOnce
\* Breaks: InOrder
EXTENDS ConnectionLife

\* A response goes out when it is complete.
AtOnce(p, n) ==
  [p EXCEPT !.answered = @ + 1, !.held = @ \ {n}, !.begun = @ \ {n}, !.written = Append(@, n), !.unsent = TRUE]
====
