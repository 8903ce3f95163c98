---- MODULE ThreadStates_Revives ----
\* Config: ThreadStates-Odd
\* Replaces: Join <- Revives
\* Breaks: TheEndIsFinal
EXTENDS ThreadStates

\* A joined thread becomes RUNNABLE again.
Revives(t) ==
  /\ CanRun(t, "join")
  /\ GoOn(t, [status EXCEPT ![Child(pc[t])] = "RUNNABLE"], holder = None)
  /\ UNCHANGED <<holder, sleepers, unlucky>>
====
