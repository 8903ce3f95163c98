---- MODULE Promises_Stack ----
\* Config: Promises
\* Replaces: Tick <- JumpsTheQueue
\* Breaks: FirstInFirstOut
EXTENDS Promises

\* The newest job runs first.
JumpsTheQueue(c) ==
  /\ At(c, "tick")
  /\ phase' = [phase EXCEPT ![c] = "job"]
  /\ jobs' = <<c>> \o jobs
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<state, waiters>>
====
