---- MODULE Promises_LastWins ----
\* Config: Promises
\* Replaces: TooLate <- Again
\* Breaks: SettledOnce
EXTENDS Promises

\* The last one to settle a promise wins.
Again(c) ==
  /\ At(c, "resolve") \/ At(c, "reject")
  /\ state[P(c)] # "pending"
  /\ state' = [state EXCEPT ![P(c)] = IF At(c, "resolve") THEN "fulfilled" ELSE "rejected"]
  /\ GoOn(c)
  /\ UNCHANGED <<phase, running, jobs, waiters>>
====
