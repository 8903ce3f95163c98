---- MODULE ConnectionLife_ReadsOn ----
\* Config: ConnectionLife
\* Replaces: Reads <- AnyTime
\* Breaks: LastIsLast
EXTENDS ConnectionLife

\* The last request does not stop the reading.
AnyTime(p) == p.phase = "open" /\ ~p.blocked
====
