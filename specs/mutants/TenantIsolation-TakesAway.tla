---- MODULE TenantIsolation_TakesAway ----
\* Config: TenantIsolation
\* Replaces: GiveUp <- PushesOut
\* Breaks: NothingIsTaken
EXTENDS TenantIsolation

\* A request that is given up takes one of another tenant with it.
PushesOut(t) ==
  /\ queue[t] > 0
  /\ queue' = [u \in Tenants |-> IF queue[u] > 0 THEN queue[u] - 1 ELSE 0]
  /\ UNCHANGED <<now, open, runs, tokens, since, retry, admitted>>
====
