---- MODULE ConnectionLife_Hasty ----
\* Config: ConnectionLife
\* Replaces: IsThrough <- AtTheLast
\* Breaks: LingersEmpty
EXTENDS ConnectionLife

\* The last request need not be answered.
AtTheLast(p) == p.last
====
