---- MODULE Transactions_LikeMySql ----
\* Config: Transactions-Snapshots
\* Replaces: Fresh <- Always
\* Breaks: FirstUpdaterWins
EXTENDS Transactions

\* Writes go ahead, as in MySQL.
Always(t, k) == TRUE
====
