---- MODULE Dependencies_Rejects ----
\* Config: Dependencies
\* Replaces: Resolve <- Toggles
\* Breaks: ResolvedForGood
EXTENDS Dependencies

\* The second resolve of a promise takes the first one back.
Toggles(t) ==
  /\ At(t, "resolve")
  /\ resolved' = IF On(t) \in resolved THEN resolved \ {On(t)} ELSE resolved \cup {On(t)}
  /\ GoOn(t)
  /\ UNCHANGED <<held, taken, count, failed>>
====
