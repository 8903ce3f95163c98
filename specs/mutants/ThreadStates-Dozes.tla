---- MODULE ThreadStates_Dozes ----
\* Config: ThreadStates
\* Replaces: Sleep <- Dozes
\* Breaks: EveryChangeIsLegal
EXTENDS ThreadStates

\* A thread that goes to sleep makes the others that could run sleep as well.
Dozes(t) ==
  /\ CanRun(t, "sleep")
  /\ sleepers' = Append(sleepers, t)
  /\ status' = [u \in Threads |-> IF u = t \/ status[u] = "BLOCKED" THEN "SLEEPING" ELSE status[u]]
  /\ UNCHANGED <<pc, holder, unlucky>>
====
