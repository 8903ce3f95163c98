---- MODULE SchedulerOracle_PullsIn ----
\* Config: SchedulerOracle-Preemptions
\* Replaces: Leave <- HandsOver
\* Breaks: OneAtATime
EXTENDS SchedulerOracle

\* Who leaves puts another thread into the critical section.
HandsOver(t) ==
  /\ place[t] = "in"
  /\ Chosen(t)
  /\ \E u \in Threads \ {t} :
       /\ place[u] = "out"
       /\ place' = [place EXCEPT ![t] = "done", ![u] = "in"]
  /\ UNCHANGED <<round, free, serving, ticket, next>>
====
