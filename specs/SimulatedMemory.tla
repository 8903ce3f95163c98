-------------------------- MODULE SimulatedMemory ---------------------------
(***************************************************************************)
(* Simulated memory under four models (twin/engine/memory.c).              *)
(*                                                                         *)
(*  "sc"   sequential consistency: every access takes effect at once.      *)
(*  "tso"  x86: a store goes into the store buffer of its thread, a queue; *)
(*         flushing its oldest entry to memory is a step of its own.  A    *)
(*         load sees the newest entry of its own buffer, else memory.      *)
(*  "pso"  the same with one queue for each thread and word.               *)
(*  "ra"   release/acquire: a word is a list of messages in modification   *)
(*         order.  A thread has a view: for each word, the oldest message  *)
(*         that it may still read.  A store inserts its message somewhere  *)
(*         after the view, with a copy of the view; who reads the message  *)
(*         gets that view.  A read-modify-write comes directly behind the  *)
(*         message that it read, and nothing ever comes between ("glued"). *)
(*         A relaxed store carries no view, a relaxed load takes none.     *)
(*                                                                         *)
(* Each thread executes a script, one instruction at a time:               *)
(*   <<"load", x>>  <<"store", x, v>>  <<"fence">>                         *)
(*   <<"rload", x>>  <<"rstore", x, v>>       relaxed                      *)
(*   <<"bump", x, d>>      store what this thread read last, plus d        *)
(*   <<"add", x, d>>  <<"swap", x, v>>  <<"cas", x, old, new>>             *)
(* What an instruction read is appended to the thread's registers.         *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Model,    \* "sc", "tso", "pso" or "ra"
  Scripts,  \* Scripts[t]: the instructions of thread t
  Words,    \* the words are 1..Words, and all begin as 0
  Weak      \* sets of registers with which no run may end

Threads == DOMAIN Scripts
Word == 1..Words

VARIABLES
  pc,       \* pc[t]: number of the instruction that thread t executes next
  read,     \* read[t]: what thread t has read so far, in order
  memory,   \* memory[x]: the word, except under "ra"
  buffer,   \* buffer[t]: pairs of word and value, oldest first; under "pso" sorted by word
  history,  \* history[x]: the messages under "ra", oldest first
  view,     \* view[t][x]: number of the message of x that t has got to
  fence     \* the view that fences leave behind

vars == <<pc, read, memory, buffer, history, view, fence>>

Buffered == Model \in {"tso", "pso"}
Start == [x \in Word |-> 1]

Init ==
  /\ pc = [t \in Threads |-> 1]
  /\ read = [t \in Threads |-> <<>>]
  /\ memory = [x \in Word |-> 0]
  /\ buffer = [t \in Threads |-> <<>>]
  /\ history = [x \in Word |-> IF Model = "ra" THEN <<[value |-> 0, view |-> Start, glued |-> FALSE]>> ELSE <<>>]
  /\ view = [t \in Threads |-> Start]
  /\ fence = Start

Over(t) == pc[t] > Len(Scripts[t])
Line(t) == Scripts[t][pc[t]]
At(t, ops) == ~Over(t) /\ Line(t)[1] \in ops
X(t) == Line(t)[2]
GoOn(t) == pc' = [pc EXCEPT ![t] = pc[t] + 1]
Reads(t, value) == read' = [read EXCEPT ![t] = Append(read[t], value)]
Join(v, w) == [x \in Word |-> IF v[x] > w[x] THEN v[x] ELSE w[x]]

Stores == {"store", "rstore", "bump"}
Updates == {"add", "swap", "cas"}
IsRelaxed(t) == Line(t)[1] \in {"rload", "rstore"}
Stored(t) == IF Line(t)[1] = "bump" THEN read[t][Len(read[t])] + Line(t)[3] ELSE Line(t)[3]

(* Views *)

\* A view after a message of x was inserted at number k: what was at k or later has moved.
Moved(v, x, k) == [v EXCEPT ![x] = IF v[x] >= k THEN v[x] + 1 ELSE v[x]]

\* The view of thread t after it reads message i of its word.
Sees(t, i) ==
  LET mine == view[t]
      base == IF IsRelaxed(t) THEN mine ELSE Join(mine, history[X(t)][i].view)
  IN [base EXCEPT ![X(t)] = IF mine[X(t)] > i THEN base[X(t)] ELSE IF base[X(t)] > i THEN base[X(t)] ELSE i]

\* Thread t, whose view is `mine`, inserts a message of x at number k.
Insert(t, mine, x, k, value, glued, relaxed) ==
  LET own == [Moved(mine, x, k) EXCEPT ![x] = k]
      carried == IF relaxed THEN [Start EXCEPT ![x] = k] ELSE own
      message == [value |-> value, view |-> carried, glued |-> glued]
      shift(m) == [m EXCEPT !.view = Moved(m.view, x, k)]
      all == [y \in Word |-> [i \in DOMAIN history[y] |-> shift(history[y][i])]]
  IN /\ history' = [all EXCEPT ![x] = SubSeq(all[x], 1, k - 1) \o <<message>> \o SubSeq(all[x], k, Len(all[x]))]
     /\ view' = [u \in Threads |-> IF u = t THEN own ELSE Moved(view[u], x, k)]
     /\ fence' = Moved(fence, x, k)

\* A message may come at number k unless that would part a read-modify-write from what it read.
MayInsert(x, k) == IF k > Len(history[x]) THEN TRUE ELSE ~history[x][k].glued

(* Loads *)

\* The places of x in a buffer, and the last of them.
Places(t, x) == {i \in DOMAIN buffer[t] : buffer[t][i][1] = x}
Last(places) == CHOOSE i \in places : \A j \in places : j <= i
First(places) == CHOOSE i \in places : \A j \in places : j >= i

\* What a load of x by t gives without "ra".
Visible(t, x) == IF Places(t, x) # {} THEN buffer[t][Last(Places(t, x))][2] ELSE memory[x]

LoadPlain(t) ==
  /\ Model # "ra"
  /\ At(t, {"load", "rload"})
  /\ Reads(t, Visible(t, X(t)))
  /\ GoOn(t)
  /\ UNCHANGED <<memory, buffer, history, view, fence>>

\* Any message may be read that is not older than the view.
LoadMessage(t) ==
  /\ Model = "ra"
  /\ At(t, {"load", "rload"})
  /\ \E i \in view[t][X(t)]..Len(history[X(t)]) :
       /\ Reads(t, history[X(t)][i].value)
       /\ view' = [view EXCEPT ![t] = Sees(t, i)]
  /\ GoOn(t)
  /\ UNCHANGED <<memory, buffer, history, fence>>

(* Stores *)

StorePlain(t) ==
  /\ Model = "sc"
  /\ At(t, Stores)
  /\ memory' = [memory EXCEPT ![X(t)] = Stored(t)]
  /\ GoOn(t)
  /\ UNCHANGED <<read, buffer, history, view, fence>>

\* Where a store of x goes in the buffer of t.
Place(t, x) ==
  IF Model = "tso" THEN Len(buffer[t]) ELSE Cardinality({i \in DOMAIN buffer[t] : buffer[t][i][1] <= x})

StoreBuffered(t) ==
  /\ Buffered
  /\ At(t, Stores)
  /\ LET k == Place(t, X(t))
         queue == buffer[t]
     IN buffer' = [buffer EXCEPT ![t] =
                     SubSeq(queue, 1, k) \o <<<<X(t), Stored(t)>>>> \o SubSeq(queue, k + 1, Len(queue))]
  /\ GoOn(t)
  /\ UNCHANGED <<read, memory, history, view, fence>>

StoreMessage(t) ==
  /\ Model = "ra"
  /\ At(t, Stores)
  /\ \E k \in (view[t][X(t)] + 1)..(Len(history[X(t)]) + 1) :
       /\ MayInsert(X(t), k)
       /\ Insert(t, view[t], X(t), k, Stored(t), FALSE, IsRelaxed(t))
  /\ GoOn(t)
  /\ UNCHANGED <<read, memory, buffer>>

\* Which entries of the buffer of t may go to memory next: under "tso" the oldest, under "pso" the oldest of a word.
Flushable(t) ==
  IF Model = "tso" THEN {i \in DOMAIN buffer[t] : i = 1} ELSE {First(Places(t, x)) : x \in {y \in Word : Places(t, y) # {}}}

Flush(t, x) ==
  /\ Buffered
  /\ \E i \in Flushable(t) :
       /\ buffer[t][i][1] = x
       /\ memory' = [memory EXCEPT ![x] = buffer[t][i][2]]
       /\ buffer' = [buffer EXCEPT ![t] = SubSeq(buffer[t], 1, i - 1) \o SubSeq(buffer[t], i + 1, Len(buffer[t]))]
  /\ UNCHANGED <<pc, read, history, view, fence>>

(* Fences and read-modify-writes, for which the buffer must be empty *)

Drained(t) == buffer[t] = <<>>

Fence(t) ==
  /\ At(t, {"fence"})
  /\ Drained(t)
  /\ view' = [view EXCEPT ![t] = Join(view[t], fence)]
  /\ fence' = Join(view[t], fence)
  /\ GoOn(t)
  /\ UNCHANGED <<read, memory, buffer, history>>

Writes(t, old) == Line(t)[1] # "cas" \/ old = Line(t)[3]
Result(t, old) ==
  CASE Line(t)[1] = "add" -> old + Line(t)[3]
    [] Line(t)[1] = "swap" -> Line(t)[3]
    [] OTHER -> Line(t)[4]

UpdatePlain(t) ==
  /\ Model # "ra"
  /\ At(t, Updates)
  /\ Drained(t)
  /\ LET old == memory[X(t)]
     IN /\ Reads(t, old)
        /\ memory' = IF Writes(t, old) THEN [memory EXCEPT ![X(t)] = Result(t, old)] ELSE memory
  /\ GoOn(t)
  /\ UNCHANGED <<buffer, history, view, fence>>

UpdateMessage(t) ==
  /\ Model = "ra"
  /\ At(t, Updates)
  /\ \E i \in view[t][X(t)]..Len(history[X(t)]) :
       LET old == history[X(t)][i].value
       IN /\ Reads(t, old)
          /\ IF Writes(t, old)
             THEN /\ MayInsert(X(t), i + 1)
                  /\ Insert(t, Sees(t, i), X(t), i + 1, Result(t, old), TRUE, FALSE)
             ELSE /\ view' = [view EXCEPT ![t] = Sees(t, i)]
                  /\ UNCHANGED <<history, fence>>
  /\ GoOn(t)
  /\ UNCHANGED <<memory, buffer>>

End == (\A t \in Threads : Over(t) /\ Drained(t)) /\ UNCHANGED vars

Execute(t) ==
  \/ LoadPlain(t) \/ LoadMessage(t) \/ StorePlain(t) \/ StoreBuffered(t) \/ StoreMessage(t) \/ Fence(t)
  \/ UpdatePlain(t) \/ UpdateMessage(t)

\* A step of a thread, <<t, 0>>, or of a store buffer, <<t, x>>.
Step(e) == IF e[2] = 0 THEN Execute(e[1]) ELSE Flush(e[1], e[2])
Steps == (\E t \in Threads : Execute(t)) \/ (\E t \in Threads, x \in Word : Flush(t, x))
Next == Steps \/ End
Fairness ==
  /\ \A t \in Threads : WF_vars(Execute(t))
  /\ \A t \in Threads, x \in Word : WF_vars(Flush(t, x))
Spec == Init /\ [][Next]_vars /\ Fairness

\* The value of a word when all is done: under "ra" the last message.
Final(x) == IF Model = "ra" THEN history[x][Len(history[x])].value ELSE memory[x]
Outcome == <<read, [x \in Word |-> Final(x)]>>

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A t \in Threads : pc[t] \in 1..(Len(Scripts[t]) + 1) /\ Len(read[t]) < pc[t]
  /\ \A x \in Word : memory[x] \in Nat
  /\ \A t \in Threads : \A i \in DOMAIN buffer[t] : buffer[t][i] \in Word \X Nat
  /\ Model = "ra" => \A x \in Word : \A v \in {view[t] : t \in Threads} \cup {fence} : v[x] \in 1..Len(history[x])

\* No run ends with registers that the model forbids.
NoWeakOutcome == (\A t \in Threads : Over(t)) => read \notin Weak

\* How often a word that nothing else changes was added to.
Added(x) == {p \in {<<t, i>> \in Threads \X (1..20) : i < pc[t]} : Scripts[p[1]][p[2]] = <<"add", x, 1>>}
OnlyAdded(x) == \A t \in Threads : \A i \in DOMAIN Scripts[t] :
                  Scripts[t][i][1] \in Stores \cup Updates /\ Scripts[t][i][2] = x => Scripts[t][i] = <<"add", x, 1>>

\* Updates of a word that only updates change lose nothing: its value is the sum of what was added.
UpdatesAreAtomic == \A x \in Word : OnlyAdded(x) => Final(x) = Cardinality(Added(x))

\* A thread always sees its own newest store, whether or not that is in memory yet.
SeesItsOwnStores ==
  [][\A t \in Threads : Len(read'[t]) > Len(read[t]) /\ Places(t, X(t)) # {} =>
       read'[t][Len(read'[t])] = buffer[t][Last(Places(t, X(t)))][2]]_vars

\* Stores reach memory in program order, under "pso" in program order for each word.
StoresKeepTheirOrder ==
  [][\A t \in Threads : Len(buffer'[t]) < Len(buffer[t]) =>
       \E i \in DOMAIN buffer[t] :
         /\ buffer'[t] = SubSeq(buffer[t], 1, i - 1) \o SubSeq(buffer[t], i + 1, Len(buffer[t]))
         /\ memory'[buffer[t][i][1]] = buffer[t][i][2]
         /\ \A j \in 1..(i - 1) : Model = "pso" /\ buffer[t][j][1] # buffer[t][i][1]]_vars

\* Nothing of a thread is still on its way when it passes a fence or a read-modify-write.
FencesDrain ==
  [][\A t \in Threads : pc'[t] > pc[t] /\ At(t, Updates \cup {"fence"}) => buffer[t] = <<>>]_vars

\* A view never goes back: two reads of a word by one thread never see it in the wrong order.
ViewsGoForward == [][\A t \in Threads, x \in Word : view'[t][x] >= view[t][x]]_vars

\* A read-modify-write stays next to the message that it read.
GluedStay ==
  [][\A x \in Word : \A i \in DOMAIN history[x] : history[x][i].glued =>
       \E j \in DOMAIN history'[x] :
         history'[x][j].glued /\ history'[x][j].value = history[x][i].value
         /\ history'[x][j - 1].value = history[x][i - 1].value]_vars

\* Every store gets to memory, and every thread to its end.
EverythingArrives == <>[](\A t \in Threads : Over(t) /\ Drained(t))

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

\* Two writers, and two readers who look in opposite orders: they agree on who was first.
Independent ==
  << <<<<"store", 1, 1>>>>, <<<<"store", 2, 1>>>>,
     <<<<"load", 1>>, <<"load", 2>>>>, <<<<"load", 2>>, <<"load", 1>>>> >>
Disagree == {<<<<>>, <<>>, <<1, 0>>, <<1, 0>>>>}

\* Message passing, with a read-modify-write and a fence to have them all.
Passing ==
  << <<<<"store", 1, 1>>, <<"load", 1>>, <<"store", 2, 1>>, <<"store", 2, 2>>, <<"add", 3, 1>>>>,
     <<<<"load", 2>>, <<"load", 1>>, <<"add", 3, 1>>, <<"fence">>, <<"cas", 3, 2, 9>>>> >>
MissesTheMessage == {<<<<1, a>>, <<y, 0, b, c>>>> : a \in 0..1, b \in 0..1, c \in {0, 1, 2}, y \in 1..2}

\* Message passing with both fences, which even "pso" keeps in order, and a counter.
Fenced ==
  << <<<<"store", 1, 1>>, <<"store", 1, 2>>, <<"fence">>, <<"store", 2, 1>>, <<"add", 3, 1>>>>,
     <<<<"load", 2>>, <<"fence">>, <<"load", 1>>, <<"add", 3, 1>>>> >>
MissesTheFence == {<<<<a>>, <<1, x, b>>>> : a \in 0..1, b \in 0..1, x \in 0..1}

\* Message passing over a flag that is stored in the end, and updates of one word by three threads.
Acquired ==
  << <<<<"store", 1, 5>>, <<"add", 3, 1>>, <<"store", 2, 1>>>>,
     <<<<"load", 2>>, <<"load", 1>>, <<"add", 3, 1>>, <<"bump", 2, 1>>>>,
     <<<<"add", 3, 1>>, <<"rload", 1>>, <<"fence">>, <<"rstore", 2, 7>>>> >>
Stale == {<<<<a>>, <<1, 0, b>>, <<c, d>>>> : a \in 0..2, b \in 0..2, c \in 0..2, d \in {0, 5}}

=============================================================================
