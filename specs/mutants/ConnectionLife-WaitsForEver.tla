---- MODULE ConnectionLife_WaitsForEver ----
\* Config: ConnectionLife-Silence
\* Replaces: Timeout <- NotWhileItLingers
\* Breaks: EveryConnectionEnds
EXTENDS ConnectionLife

\* There is no time limit for the close of the client.
NotWhileItLingers(c) ==
  /\ IsOpen(c)
  /\ CASE WaitsFor(peer[c]) \in {"head", "body"} -> Keeps(c, Refused(peer[c]))
       [] WaitsFor(peer[c]) = "answer" -> Keeps(c, TooLate(peer[c]))
       [] OTHER -> Drop(c)
  /\ UNCHANGED <<rows, stopping>>
====
