---------------------------- MODULE Transactions ----------------------------
(***************************************************************************)
(* Transactions and isolation levels, as the TypeScript front end models   *)
(* databases (twin/typescript/store.py).                                   *)
(*                                                                         *)
(*  "committed"     READ COMMITTED: reads what is committed now, and its   *)
(*                  own writes.                                            *)
(*  "snapshot"      REPEATABLE READ of PostgreSQL: reads what was          *)
(*                  committed when it began; to write or lock a row that   *)
(*                  was changed since is a failure, and aborts it.         *)
(*  "mysql"         REPEATABLE READ of MySQL: reads the same, but writes   *)
(*                  go ahead.                                              *)
(*  "serializable"  one such transaction at a time.                        *)
(*                                                                         *)
(* Who writes or locks a row holds its lock to the end.  A wait that       *)
(* closes a cycle is a failure of one of those who wait.  The front end    *)
(* begins a transaction together with its first statement; here that is a  *)
(* step of its own, which allows all that the front end does and more.     *)
(*                                                                         *)
(* Each transaction executes a script and then commits:                    *)
(*   <<"read", k>>      SELECT: read row k                                 *)
(*   <<"lock", k>>      SELECT ... FOR UPDATE: lock it and read it         *)
(*   <<"write", k, v>>  UPDATE ... SET x = v                               *)
(*   <<"set", k, d>>    the same, with what was read last plus d           *)
(*   <<"add", k, d>>    UPDATE ... SET x = x + d                           *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Scripts,  \* Scripts[t]: the statements of transaction t
  Levels,   \* Levels[t]: its isolation level
  Rows      \* the rows are 1..Rows; each begins with 1, and all values are positive

Txs == DOMAIN Scripts
Row == 1..Rows
Serial == Rows + 1   \* the lock that serializable transactions hold
None == 0
Nobody == 0
Empty == [k \in Row |-> None]

VARIABLES
  pc,        \* pc[t]: number of the statement that t executes next
  status,    \* status[t]: "new", "active", "committed" or "aborted"
  table,     \* table[k]: the committed value
  own,       \* own[t][k]: what t wrote and has not committed, or None
  holder,    \* holder[l]: who holds the lock of a row, or Serial
  snapshot,  \* snapshot[t]: the table when t began, while it is active
  stale,     \* stale[t]: the rows that were changed since
  reads      \* reads[t]: what t has read, in order

vars == <<pc, status, table, own, holder, snapshot, stale, reads>>

Init ==
  /\ pc = [t \in Txs |-> 1]
  /\ status = [t \in Txs |-> "new"]
  /\ table = [k \in Row |-> 1]
  /\ own = [t \in Txs |-> Empty]
  /\ holder = [l \in Row \cup {Serial} |-> Nobody]
  /\ snapshot = [t \in Txs |-> Empty]
  /\ stale = [t \in Txs |-> {}]
  /\ reads = [t \in Txs |-> <<>>]

IsSerial(t) == Levels[t] = "serializable"
HasSnapshot(t) == Levels[t] \in {"snapshot", "mysql"}

(* Locks *)

Op(t) == Scripts[t][pc[t]][1]
K(t) == Scripts[t][pc[t]][2]
D(t) == Scripts[t][pc[t]][3]
Executes(t) == status[t] = "active" /\ pc[t] <= Len(Scripts[t])

\* The lock that t needs for its next step, or 0.
Needs(t) ==
  CASE status[t] = "new" -> IF IsSerial(t) THEN Serial ELSE 0
    [] Executes(t) -> IF Op(t) = "read" THEN 0 ELSE K(t)
    [] OTHER -> 0

\* Who holds that lock, if that is another one.
WaitsFor(t) == IF Needs(t) = 0 THEN Nobody ELSE IF holder[Needs(t)] = t THEN Nobody ELSE holder[Needs(t)]

RECURSIVE Chain(_, _)
Chain(t, n) == IF t = Nobody THEN Nobody ELSE IF n = 0 THEN t ELSE Chain(WaitsFor(t), n - 1)
InCycle(t) == \E n \in 1..Cardinality(Txs) : Chain(t, n) = t

(* The life of a transaction *)

Begin(t) ==
  /\ status[t] = "new"
  /\ WaitsFor(t) = Nobody
  /\ status' = [status EXCEPT ![t] = "active"]
  /\ holder' = IF IsSerial(t) THEN [holder EXCEPT ![Serial] = t] ELSE holder
  /\ snapshot' = IF HasSnapshot(t) THEN [snapshot EXCEPT ![t] = table] ELSE snapshot
  /\ UNCHANGED <<pc, table, own, stale, reads>>

\* What t leaves behind when it ends.
Ends(t, how) ==
  /\ status' = [status EXCEPT ![t] = how]
  /\ pc' = [pc EXCEPT ![t] = Len(Scripts[t]) + 2]
  /\ own' = [own EXCEPT ![t] = Empty]
  /\ holder' = [l \in DOMAIN holder |-> IF holder[l] = t THEN Nobody ELSE holder[l]]
  /\ snapshot' = [snapshot EXCEPT ![t] = Empty]
  /\ UNCHANGED reads

Written(t) == {k \in Row : own[t][k] # None}

Commit(t) ==
  /\ status[t] = "active"
  /\ pc[t] = Len(Scripts[t]) + 1
  /\ table' = [k \in Row |-> IF own[t][k] # None THEN own[t][k] ELSE table[k]]
  /\ stale' = [u \in Txs |-> IF u = t THEN {} ELSE IF status[u] = "active" /\ HasSnapshot(u)
                                                   THEN stale[u] \cup Written(t) ELSE stale[u]]
  /\ Ends(t, "committed")

Abort(t) ==
  /\ Ends(t, "aborted")
  /\ stale' = [stale EXCEPT ![t] = {}]
  /\ UNCHANGED table

\* Waiting in a cycle is a failure of one of those who wait.
Deadlock(t) == status[t] = "active" /\ InCycle(t) /\ Abort(t)

\* May t change or lock row k, as far as its snapshot goes?
Fresh(t, k) == Levels[t] # "snapshot" \/ k \notin stale[t]

MayLock(t) == Executes(t) /\ Op(t) # "read" /\ WaitsFor(t) = Nobody

Failure(t) == MayLock(t) /\ ~Fresh(t, K(t)) /\ Abort(t)

(* Statements *)

GoOn(t) == pc' = [pc EXCEPT ![t] = pc[t] + 1]

\* Row k as t sees it, with a plain read or as it is now.
Sees(t, k) == IF own[t][k] # None THEN own[t][k] ELSE IF HasSnapshot(t) THEN snapshot[t][k] ELSE table[k]
Current(t, k) == IF own[t][k] # None THEN own[t][k] ELSE table[k]

Read(t) ==
  /\ Executes(t)
  /\ Op(t) = "read"
  /\ reads' = [reads EXCEPT ![t] = Append(reads[t], Sees(t, K(t)))]
  /\ GoOn(t)
  /\ UNCHANGED <<status, table, own, holder, snapshot, stale>>

Lock(t) ==
  /\ MayLock(t)
  /\ Op(t) = "lock"
  /\ Fresh(t, K(t))
  /\ holder' = [holder EXCEPT ![K(t)] = t]
  /\ reads' = [reads EXCEPT ![t] = Append(reads[t], Current(t, K(t)))]
  /\ GoOn(t)
  /\ UNCHANGED <<status, table, own, snapshot, stale>>

New(t) ==
  CASE Op(t) = "write" -> D(t)
    [] Op(t) = "set" -> reads[t][Len(reads[t])] + D(t)
    [] OTHER -> Current(t, K(t)) + D(t)

Write(t) ==
  /\ MayLock(t)
  /\ Op(t) \in {"write", "set", "add"}
  /\ Fresh(t, K(t))
  /\ holder' = [holder EXCEPT ![K(t)] = t]
  /\ own' = [own EXCEPT ![t][K(t)] = New(t)]
  /\ GoOn(t)
  /\ UNCHANGED <<status, table, snapshot, stale, reads>>

End == (\A t \in Txs : status[t] \in {"committed", "aborted"}) /\ UNCHANGED vars

Step(t) == Begin(t) \/ Commit(t) \/ Deadlock(t) \/ Failure(t) \/ Read(t) \/ Lock(t) \/ Write(t)
Steps == \E t \in Txs : Step(t)
Next == Steps \/ End
Spec == Init /\ [][Next]_vars /\ \A t \in Txs : WF_vars(Step(t))

\* How often a script reads, and what it read, with None for what it did not get to.
ReadLines(t) == {i \in DOMAIN Scripts[t] : Scripts[t][i][1] \in {"read", "lock"}}
Padded(t) == [i \in 1..Cardinality(ReadLines(t)) |-> IF i <= Len(reads[t]) THEN reads[t][i] ELSE None]
Outcome == <<table, [t \in Txs |-> Padded(t)], [t \in Txs |-> IF status[t] = "committed" THEN 1 ELSE 0]>>

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A t \in Txs : pc[t] \in 1..(Len(Scripts[t]) + 2)
  /\ status \in [Txs -> {"new", "active", "committed", "aborted"}]
  /\ \A k \in Row : table[k] \in Nat \ {None}
  /\ holder \in [Row \cup {Serial} -> Txs \cup {Nobody}]
  /\ \A t \in Txs : stale[t] \subseteq Row

\* Who has written a row and not ended holds its lock.
WritersHoldLocks == \A t \in Txs : \A k \in Written(t) : holder[k] = t

\* Who has ended holds nothing and hides nothing.
TheEndReleasesAll ==
  /\ \A l \in DOMAIN holder : holder[l] # Nobody => status[holder[l]] = "active"
  /\ \A t \in Txs : status[t] # "active" => Written(t) = {}

\* What only t may write.
Only(t) == {v \in 2..99 : /\ \E i \in DOMAIN Scripts[t] : Scripts[t][i][1] = "write" /\ Scripts[t][i][3] = v
                          /\ \A u \in Txs \ {t} : \A i \in DOMAIN Scripts[u] : Scripts[u][i][1] \in {"read", "lock"}
                                                                              \/ Scripts[u][i][3] # v}

\* Nobody reads what is not committed.
NoDirtyReads ==
  \A t, u \in Txs : t # u /\ status[t] # "committed" => \A i \in DOMAIN reads[u] : reads[u][i] \notin Only(t)

\* The number of the statement that made read i of t.
Line(t, i) == CHOOSE n \in ReadLines(t) : Cardinality({m \in ReadLines(t) : m <= n}) = i

\* A transaction with a snapshot reads the same twice, unless it wrote in between.
ReadsRepeat ==
  \A t \in {u \in Txs : Levels[u] = "snapshot"} : \A i, j \in DOMAIN reads[t] :
    i < j /\ Scripts[t][Line(t, i)][2] = Scripts[t][Line(t, j)][2]
      /\ (\A n \in 1..Line(t, j) : Scripts[t][n][1] \in {"read", "lock"})
    => reads[t][i] = reads[t][j]

\* By how much the committed transactions counted row k up.
RECURSIVE Total(_, _)
Total(k, lines) ==
  IF lines = {} THEN 0 ELSE LET line == CHOOSE l \in lines : TRUE
                            IN Scripts[line[1]][line[2]][3] + Total(k, lines \ {line})
Counts(k) == {<<t, i>> \in Txs \X (1..9) : status[t] = "committed" /\ i \in DOMAIN Scripts[t]
                                          /\ Scripts[t][i][1] \in {"set", "add"} /\ Scripts[t][i][2] = k}
ByAdding(k) == \A t \in Txs : \A i \in DOMAIN Scripts[t] :
                 Scripts[t][i][2] = k => Scripts[t][i][1] \in {"add", "read", "lock"}
ByLocking(k) == \A t \in Txs : \A i \in DOMAIN Scripts[t] :
                  Scripts[t][i][2] = k /\ Scripts[t][i][1] \notin {"lock", "add"} =>
                    Scripts[t][i][1] = "set" /\ i > 1 /\ Scripts[t][i - 1] = <<"lock", k>>
BySnapshot(k) == \A t \in Txs : Levels[t] = "snapshot" /\ \A i \in DOMAIN Scripts[t] :
                   Scripts[t][i][2] = k /\ Scripts[t][i][1] \notin {"read", "lock", "add"} =>
                     Scripts[t][i][1] = "set" /\ i > 1 /\ Scripts[t][i - 1][2] = k

\* No update is lost of a row that is only counted: by x = x + d, under a lock, or under snapshots that fail when stale.
NoLostUpdates ==
  \A k \in Row : ByAdding(k) \/ ByLocking(k) \/ BySnapshot(k) => table[k] = 1 + Total(k, Counts(k))

\* A transaction of PostgreSQL's REPEATABLE READ never changes a row that was changed since it began.
FirstUpdaterWins ==
  [][\A t \in Txs : \A k \in Row : Levels[t] = "snapshot" /\ own[t][k] = None /\ own'[t][k] # None
       => snapshot[t][k] = table[k]]_vars

\* The table after t alone, and what t reads.
RECURSIVE Alone(_, _, _, _)
Alone(t, i, rows, seen) ==
  IF i > Len(Scripts[t]) THEN <<rows, seen>>
  ELSE LET op == Scripts[t][i][1]
           k == Scripts[t][i][2]
       IN IF op \in {"read", "lock"} THEN Alone(t, i + 1, rows, Append(seen, rows[k]))
          ELSE LET d == Scripts[t][i][3]
                   v == CASE op = "write" -> d [] op = "set" -> seen[Len(seen)] + d [] OTHER -> rows[k] + d
               IN Alone(t, i + 1, [rows EXCEPT ![k] = v], seen)

\* Does executing these transactions in this order give this table and what they have read?
RECURSIVE Explains(_, _)
Explains(order, rows) ==
  IF order = <<>> THEN rows = table
  ELSE LET after == Alone(Head(order), 1, rows, <<>>)
       IN after[2] = reads[Head(order)] /\ Explains(Tail(order), after[1])

Committed == {t \in Txs : status[t] = "committed"}
Orders == {o \in [1..Cardinality(Committed) -> Committed] : \A i, j \in DOMAIN o : i # j => o[i] # o[j]}

\* Serializable transactions did what some order of them, one after the other, does.
SerializableIsSerial ==
  (\A t \in Txs : IsSerial(t) /\ status[t] \in {"committed", "aborted"}) =>
    \E order \in Orders : Explains(order, [k \in Row |-> 1])

\* Every transaction ends, whoever waits for whom.
EveryTransactionEnds == \A t \in Txs : <>(status[t] \in {"committed", "aborted"})

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

\* Two rows are locked in opposite orders; a third transaction reads twice.
Crossing ==
  << <<<<"write", 1, 10>>, <<"lock", 2>>, <<"set", 2, 1>>>>, <<<<"write", 2, 20>>, <<"add", 1, 5>>>>,
     <<<<"read", 1>>, <<"read", 1>>, <<"lock", 2>>>> >>
Mixed == <<"committed", "mysql", "snapshot">>

\* Counting, by reading and writing and by adding.
Counting ==
  << <<<<"read", 1>>, <<"set", 1, 1>>>>, <<<<"read", 1>>, <<"set", 1, 1>>, <<"add", 1, 2>>>>, <<<<"add", 1, 4>>>> >>
Snapshots == <<"snapshot", "snapshot", "snapshot">>

\* Write skew: each reads the row that the other writes.
Skew ==
  << <<<<"read", 1>>, <<"set", 2, 1>>>>, <<<<"read", 2>>, <<"set", 1, 1>>>>, <<<<"read", 1>>, <<"read", 2>>>> >>
Serials == <<"serializable", "serializable", "serializable">>
=============================================================================
