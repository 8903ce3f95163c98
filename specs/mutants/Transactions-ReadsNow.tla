---- MODULE Transactions_ReadsNow ----
\* Config: Transactions
\* Replaces: Sees <- Current
\* Breaks: ReadsRepeat
EXTENDS Transactions

\* A plain read sees what is committed now, whatever the level.
====
