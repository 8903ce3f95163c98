---- MODULE ConnectionLife_NeverFree ----
\* Config: ConnectionLife
\* Replaces: Free <- Closed
\* Breaks: TypeOK
EXTENDS ConnectionLife

\* The place of a connection that is gone is not marked as free.
Closed(generation, ready) ==
  [New(generation) EXCEPT !.phase = IF generation = 0 THEN "free" ELSE "closed", !.ready = ready]
====
