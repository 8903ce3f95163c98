---- MODULE Promises_Late ----
\* Config: Promises
\* Replaces: AwaitSettled <- WaitsAnyway
\* Breaks: NobodyIsForgotten
EXTENDS Promises

\* Who awaits a promise that is settled already waits for it to be settled.
WaitsAnyway(c) ==
  /\ At(c, "await")
  /\ state[P(c)] # "pending"
  /\ phase' = [phase EXCEPT ![c] = "await"]
  /\ waiters' = [waiters EXCEPT ![P(c)] = Append(waiters[P(c)], c)]
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<jobs, state>>
====
