---- MODULE RequestRing_Silent ----
\* Config: RequestRing
\* Replaces: Wake <- TellsNobody
\* Breaks: EverythingArrives
EXTENDS RequestRing

\* The flag is taken away, and nobody is woken.
TellsNobody(p) ==
  /\ place[p] = "wake"
  /\ sleepy' = FALSE
  /\ sent' = [sent EXCEPT ![p] = sent[p] + 1]
  /\ Goes(p, "start")
  /\ UNCHANGED <<turn, item, tail, at, bell>> /\ ConsumerStays
====
