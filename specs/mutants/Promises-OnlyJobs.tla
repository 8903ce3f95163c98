---- MODULE Promises_OnlyJobs ----
\* Config: Promises-Forgotten
\* Replaces: Return <- StartsOver
\* Breaks: EverythingIsContinued
EXTENDS Promises

\* A call that returns is called again by a job, so that no event is ever taken again.
StartsOver(c) ==
  /\ running = c
  /\ pc[c] > Len(Scripts[c])
  /\ phase' = [phase EXCEPT ![c] = "job"]
  /\ jobs' = Append(jobs, c)
  /\ running' = Nobody
  /\ UNCHANGED <<pc, state, waiters>>
====
