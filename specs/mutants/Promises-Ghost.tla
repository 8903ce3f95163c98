---- MODULE Promises_Ghost ----
\* Config: Promises
\* Replaces: AwaitSettled <- Ghost
\* Breaks: TypeOK
EXTENDS Promises

\* An await of a settled promise leaves a job of nobody.
Ghost(c) ==
  /\ At(c, "await")
  /\ state[P(c)] # "pending"
  /\ jobs' = Append(jobs, Nobody)
  /\ running' = Nobody
  /\ GoOn(c)
  /\ UNCHANGED <<phase, state, waiters>>
====
