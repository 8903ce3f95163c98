---- MODULE ConnectionLife_NoBackPressure ----
\* Config: ConnectionLife
\* Replaces: Reads <- WhileOpen
\* Breaks: BackPressure
EXTENDS ConnectionLife

\* Requests are taken from a client that does not read.
WhileOpen(p) == p.phase = "open" /\ ~p.last
====
