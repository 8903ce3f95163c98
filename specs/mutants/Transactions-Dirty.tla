---- MODULE Transactions_Dirty ----
\* Config: Transactions
\* Replaces: Sees <- Uncommitted
\* Breaks: NoDirtyReads
EXTENDS Transactions

\* A plain read sees what others have written and not committed.
Uncommitted(t, k) ==
  IF \E u \in Txs : own[u][k] # None THEN own[CHOOSE u \in Txs : own[u][k] # None][k] ELSE table[k]
====
