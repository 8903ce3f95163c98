---- MODULE Promises_Two ----
\* Config: Promises
\* Replaces: Tick <- KeepsRunning
\* Breaks: OneRuns
EXTENDS Promises

\* A call that awaits goes on running.
KeepsRunning(c) ==
  /\ At(c, "tick")
  /\ jobs' = Append(jobs, c)
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<phase, state, waiters>>
====
