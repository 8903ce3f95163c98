---- MODULE Transactions_StaleGoesAhead ----
\* Config: Transactions-Snapshots
\* Replaces: Fresh <- Always
\* Breaks: NoLostUpdates
EXTENDS Transactions

\* Rows that were changed since the snapshot may be written.
Always(t, k) == TRUE
====
