---- MODULE Promises_AtOnce ----
\* Config: Promises
\* Replaces: Resolve <- RunsTheWaiter
\* Breaks: RunsToCompletion
EXTENDS Promises

\* Resolving a promise runs the first that awaits it at once.
RunsTheWaiter(c) ==
  /\ At(c, "resolve")
  /\ waiters[P(c)] # <<>>
  /\ state' = [state EXCEPT ![P(c)] = "fulfilled"]
  /\ waiters' = [waiters EXCEPT ![P(c)] = Tail(waiters[P(c)])]
  /\ running' = Head(waiters[P(c)])
  /\ phase' = [phase EXCEPT ![Head(waiters[P(c)])] = "runs"]
  /\ GoOn(c)
  /\ UNCHANGED jobs
====
