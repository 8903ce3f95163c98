---- MODULE RequestRing_NoSwap ----
\* Config: RequestRing
\* Replaces: Wins <- Always
\* Breaks: OneOwner
EXTENDS RequestRing

\* The tail is moved without a look at whether it is still where it was.
Always(p) == TRUE
====
