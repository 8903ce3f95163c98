---- MODULE Transactions_NoVictim ----
\* Config: Transactions
\* Replaces: InCycle <- Unnoticed
\* Breaks: EveryTransactionEnds
EXTENDS Transactions

\* Nobody notices a cycle of waits.
Unnoticed(t) == FALSE
====
