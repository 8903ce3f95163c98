---- MODULE Transactions_KeepsLocks ----
\* Config: Transactions
\* Replaces: Abort <- KeepsLocks
\* Breaks: TheEndReleasesAll
EXTENDS Transactions

\* Who is aborted keeps its locks.
KeepsLocks(t) ==
  /\ status' = [status EXCEPT ![t] = "aborted"]
  /\ pc' = [pc EXCEPT ![t] = Len(Scripts[t]) + 2]
  /\ own' = [own EXCEPT ![t] = Empty]
  /\ UNCHANGED <<table, holder, snapshot, stale, reads>>
====
