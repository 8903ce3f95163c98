---- MODULE ConnectionLife_TakesAll ----
\* Config: ConnectionLife-Places
\* Replaces: Ask <- TakesAll
\* Breaks: WithinPipeline
EXTENDS ConnectionLife

\* Requests are taken however many wait for their answers.
TakesAll(c, final) ==
  /\ Reads(peer[c])
  /\ peer[c].asked < Requests + 2
  /\ Keeps(c, [peer[c] EXCEPT !.asked = @ + 1, !.part = "none", !.last = final \/ stopping])
  /\ rows' = rows \cup {<<c, peer[c].generation, peer[c].asked>>}
  /\ UNCHANGED stopping
====
