---- MODULE Transactions_AllAtOnce ----
\* Config: Transactions-Serializable
\* Replaces: Needs <- RowLocksOnly
\* Breaks: SerializableIsSerial
EXTENDS Transactions

\* Serializable transactions do not wait for each other.
RowLocksOnly(t) == IF Executes(t) THEN IF Op(t) = "read" THEN 0 ELSE K(t) ELSE 0
====
