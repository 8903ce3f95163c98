---- MODULE Transactions_WrongHolder ----
\* Config: Transactions
\* Replaces: Begin <- TakesMore
\* Breaks: TypeOK
EXTENDS Transactions

\* Who begins takes the lock of a row that does not exist.
TakesMore(t) ==
  /\ status[t] = "new"
  /\ status' = [status EXCEPT ![t] = "active"]
  /\ holder' = [l \in 1..(Rows + 2) |-> t]
  /\ UNCHANGED <<pc, table, own, snapshot, stale, reads>>
====
