---- MODULE ConnectionLife_OpensAgain ----
\* Config: ConnectionLife
\* Replaces: Open <- AlsoLater
\* Breaks: NothingOpensAfterStop
EXTENDS ConnectionLife

\* A server that stops accepts connections.
AlsoLater(c) ==
  /\ spare # <<>> /\ c = Head(spare)
  /\ peer[c].generation < Generations
  /\ Becomes(c, New(peer[c].generation + 1))
  /\ spare' = Tail(spare)
  /\ UNCHANGED <<rows, stopping>>
====
