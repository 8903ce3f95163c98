---- MODULE SchedulerOracle_SameTicket ----
\* Config: SchedulerOracle
\* Replaces: Draw <- Copies
\* Breaks: TicketsDiffer
EXTENDS SchedulerOracle

\* The second ticket is the same as the first.
Copies(t) ==
  /\ Discipline = "ticket" /\ place[t] = "out"
  /\ Chosen(t)
  /\ ticket' = [ticket EXCEPT ![t] = next]
  /\ next' = IF next = 0 /\ serving = 0 THEN 0 ELSE (next + 1) % Count
  /\ place' = [place EXCEPT ![t] = "queue"]
  /\ UNCHANGED <<round, free, serving>>
====
