---- MODULE Dependencies_HoldersOnly ----
\* Config: Dependencies
\* Replaces: WaitsFor <- HoldersOnly
\* Breaks: DoomedForever
EXTENDS Dependencies

\* Semaphores and promises are waited for as if nobody could give them.
HoldersOnly(t) ==
  CASE Op(t) = "lock" -> {u \in Threads : On(t) \in held[u] /\ WillDo(u, "unlock", On(t))}
    [] Op(t) = "join" -> {u \in {On(t)} : ~Over(u)}
    [] OTHER -> {}
====
