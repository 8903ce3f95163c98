---- MODULE ConnectionLife_AnyGeneration ----
\* Config: ConnectionLife
\* Replaces: IsOwed <- ByPlace
\* Breaks: OnlyTheOwner
EXTENDS ConnectionLife

\* A connection is known by its place only.
ByPlace(row) ==
  LET p == peer[row[1]] IN p.phase = "open" /\ row[3] \in p.answered..(p.asked - 1)
====
