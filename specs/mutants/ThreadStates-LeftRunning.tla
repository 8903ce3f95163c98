---- MODULE ThreadStates_LeftRunning ----
\* Config: ThreadStates
\* Replaces: Sleep <- LeftRunning
\* Breaks: NobodyRunsBetweenSteps
EXTENDS ThreadStates

\* A thread that goes to sleep is left RUNNING.
LeftRunning(t) ==
  /\ CanRun(t, "sleep")
  /\ sleepers' = Append(sleepers, t)
  /\ status' = [status EXCEPT ![t] = "RUNNING"]
  /\ UNCHANGED <<pc, holder, unlucky>>
====
