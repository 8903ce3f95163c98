---- MODULE Transactions_NoLock ----
\* Config: Transactions
\* Replaces: Write <- WithoutLock
\* Breaks: WritersHoldLocks
EXTENDS Transactions

\* A write does not keep the lock of its row.
WithoutLock(t) ==
  /\ MayLock(t)
  /\ Op(t) \in {"write", "set", "add"}
  /\ own' = [own EXCEPT ![t][K(t)] = New(t)]
  /\ GoOn(t)
  /\ UNCHANGED <<status, table, snapshot, stale, reads, holder>>
====
