---- MODULE DPOR_GoesRound ----
\* Config: DPOR
\* Replaces: Ascend <- Forgets
\* Breaks: Terminates
EXTENDS DPOR

\* The process of a subtree that is done does not go to sleep.
Forgets ==
  /\ Awake = {}
  /\ path # <<>>
  /\ path' = SubSeq(path, 1, Len(path) - 1)
  /\ back' = SubSeq(back, 1, Len(back) - 1)
  /\ sleep' = SubSeq(sleep, 1, Len(sleep) - 1)
  /\ UNCHANGED <<explored, all>>
  /\ runs' = Cardinality(explored)
====
