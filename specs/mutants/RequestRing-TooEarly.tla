---- MODULE RequestRing_TooEarly ----
\* Config: RequestRing
\* Replaces: IsThere <- Claimed
\* Breaks: InOrder
EXTENDS RequestRing

\* What is claimed is taken, whether it was written or not.
Claimed == tail > head
====
