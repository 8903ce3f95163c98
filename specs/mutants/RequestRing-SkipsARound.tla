---- MODULE RequestRing_SkipsARound ----
\* Config: RequestRing
\* Replaces: Published <- Later
\* Breaks: TypeOK
EXTENDS RequestRing

\* The turn of a slot is far ahead.
Later(p) == at[p] + Producers * Items + Size + 1
====
