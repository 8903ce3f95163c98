---------------------------- MODULE RequestRing -----------------------------
(***************************************************************************)
(* Handing requests from thread to thread (kernel_c/src/ring.c).           *)
(*                                                                         *)
(* Producers put items into a ring of Size slots; one consumer takes them  *)
(* out, and sleeps when there is nothing to take.  Nobody ever holds a     *)
(* lock.  A slot has a number, its turn.  The positions at which items are *)
(* put count up forever, and position p is in slot p modulo Size:          *)
(*   turn = p         the slot is free for whoever claims position p       *)
(*   turn = p + 1     the item of position p is there to be taken          *)
(*   turn = p + Size  it was taken: free for the next time round           *)
(* A producer reads the tail, looks at the turn of that slot, claims the   *)
(* position by a compare-and-swap of the tail, writes the item, and then   *)
(* sets the turn.  As turns do not come again, a producer that was away    *)
(* for a whole round cannot mistake a slot for the one that it saw.        *)
(*                                                                         *)
(* A consumer that finds nothing says that it is going to sleep, looks     *)
(* once more, and only then sleeps.  A producer puts its item in first and *)
(* then looks whether somebody sleeps.  So at least one of them sees what  *)
(* the other did, and no wake-up is lost.                                  *)
(*                                                                         *)
(* Each step here is one access to shared memory in the C code, and memory *)
(* is sequentially consistent here.  What weaker memory adds is explored   *)
(* with the C code itself: krepis verify --kernel.                         *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Producers,  \* how many threads put items in
  Items,      \* how many each of them puts in
  Size        \* how many slots there are

Threads == 1..Producers
Positions == 0..(Producers * Items)
Nothing == <<0, 0>>
Slot(position) == position % Size

VARIABLES
  turn,    \* turn[s]: the number of slot s
  item,    \* item[s]: what is in slot s: <<producer, which of its items>>
  tail,    \* the position that is claimed next
  place,   \* place[p]: the step that producer p does next
  at,      \* at[p]: the position that producer p wants
  sent,    \* sent[p]: how many items producer p has put in
  reads,   \* the step that the consumer does next
  head,    \* the position that is taken next
  sleepy,  \* has the consumer said that it is going to sleep?
  bell,    \* has somebody woken it?
  taken    \* what was taken, in this order

vars == <<turn, item, tail, place, at, sent, reads, head, sleepy, bell, taken>>

Init ==
  /\ turn = [s \in 0..(Size - 1) |-> s]
  /\ item = [s \in 0..(Size - 1) |-> Nothing]
  /\ tail = 0
  /\ place = [p \in Threads |-> "start"]
  /\ at = [p \in Threads |-> 0]
  /\ sent = [p \in Threads |-> 0]
  /\ reads = "look"
  /\ head = 0
  /\ sleepy = FALSE
  /\ bell = FALSE
  /\ taken = <<>>

Goes(p, next) == place' = [place EXCEPT ![p] = next]
ConsumerStays == UNCHANGED <<reads, head, taken>>

-----------------------------------------------------------------------------
(* A producer *)

ReadTail(p) ==
  /\ place[p] = "start" /\ sent[p] < Items
  /\ at' = [at EXCEPT ![p] = tail]
  /\ Goes(p, "check")
  /\ UNCHANGED <<turn, item, tail, sent, sleepy, bell>> /\ ConsumerStays

\* The slot's turn says: it is free, or the ring is full, or somebody else was faster.
After(p) ==
  IF turn[Slot(at[p])] = at[p] THEN "claim" ELSE "start"

\* When it is full the caller tries again later; when somebody else was faster, at once.
Check(p) ==
  /\ place[p] = "check"
  /\ Goes(p, After(p))
  /\ UNCHANGED <<turn, item, tail, at, sent, sleepy, bell>> /\ ConsumerStays

\* A compare-and-swap: the tail moves only if it is still where it was.
Wins(p) == tail = at[p]

Claim(p) ==
  /\ place[p] = "claim"
  /\ IF Wins(p)
     THEN tail' = at[p] + 1 /\ Goes(p, "write")
     ELSE Goes(p, "start") /\ UNCHANGED tail
  /\ UNCHANGED <<turn, item, at, sent, sleepy, bell>> /\ ConsumerStays

Write(p) ==
  /\ place[p] = "write"
  /\ item' = [item EXCEPT ![Slot(at[p])] = <<p, sent[p] + 1>>]
  /\ Goes(p, "publish")
  /\ UNCHANGED <<turn, tail, at, sent, sleepy, bell>> /\ ConsumerStays

Published(p) == at[p] + 1

Publish(p) ==
  /\ place[p] = "publish"
  /\ turn' = [turn EXCEPT ![Slot(at[p])] = Published(p)]
  /\ Goes(p, "wake")
  /\ UNCHANGED <<item, tail, at, sent, sleepy, bell>> /\ ConsumerStays

\* Whoever takes the flag away is the one that has to wake the consumer.
Wake(p) ==
  /\ place[p] = "wake"
  /\ sleepy' = FALSE
  /\ bell' = (bell \/ sleepy)
  /\ sent' = [sent EXCEPT ![p] = sent[p] + 1]
  /\ Goes(p, "start")
  /\ UNCHANGED <<turn, item, tail, at>> /\ ConsumerStays

-----------------------------------------------------------------------------
(* The consumer *)

IsThere == turn[Slot(head)] = head + 1

ProducersStay == UNCHANGED <<tail, place, at, sent>>

Look ==
  /\ reads = "look"
  /\ reads' = IF IsThere THEN "take" ELSE "announce"
  /\ UNCHANGED <<turn, item, head, sleepy, bell, taken>> /\ ProducersStay

Take ==
  /\ reads = "take"
  /\ taken' = Append(taken, item[Slot(head)])
  /\ reads' = "release"
  /\ UNCHANGED <<turn, item, head, sleepy, bell>> /\ ProducersStay

Release ==
  /\ reads = "release"
  /\ turn' = [turn EXCEPT ![Slot(head)] = head + Size]
  /\ head' = head + 1
  /\ reads' = "look"
  /\ UNCHANGED <<item, sleepy, bell, taken>> /\ ProducersStay

Announce ==
  /\ reads = "announce"
  /\ sleepy' = TRUE
  /\ reads' = "again"
  /\ UNCHANGED <<turn, item, head, bell, taken>> /\ ProducersStay

LookAgain ==
  /\ reads = "again"
  /\ reads' = IF IsThere THEN "look" ELSE "asleep"
  /\ sleepy' = IF IsThere THEN FALSE ELSE sleepy
  /\ UNCHANGED <<turn, item, head, bell, taken>> /\ ProducersStay

WakeUp ==
  /\ reads = "asleep" /\ bell
  /\ bell' = FALSE
  /\ reads' = "look"
  /\ UNCHANGED <<turn, item, head, sleepy, taken>> /\ ProducersStay

-----------------------------------------------------------------------------

Produces(p) == ReadTail(p) \/ Check(p) \/ Claim(p) \/ Write(p) \/ Publish(p) \/ Wake(p)
Consumes == Look \/ Take \/ Release \/ Announce \/ LookAgain \/ WakeUp

\* All is put in and taken, and the consumer sleeps.  A step that changes nothing, so that the end is no deadlock.
End ==
  /\ \A p \in Threads : place[p] = "start" /\ sent[p] = Items
  /\ reads = "asleep" /\ ~bell /\ head = tail
  /\ UNCHANGED vars

Next == (\E p \in Threads : Produces(p)) \/ Consumes \/ End

Spec == Init /\ [][Next]_vars /\ WF_vars(Consumes) /\ \A p \in Threads : WF_vars(Produces(p))

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ turn \in [0..(Size - 1) -> 0..(Producers * Items + Size)]
  /\ \A s \in 0..(Size - 1) : item[s] = Nothing \/ item[s] \in Threads \X (1..Items)
  /\ tail \in Positions /\ head \in Positions
  /\ place \in [Threads -> {"start", "check", "claim", "write", "publish", "wake"}]
  /\ at \in [Threads -> Positions]
  /\ sent \in [Threads -> 0..Items]
  /\ reads \in {"look", "take", "release", "announce", "again", "asleep"}
  /\ sleepy \in BOOLEAN /\ bell \in BOOLEAN

Of(p) == SelectSeq(taken, LAMBDA one : one[1] = p)

\* What one producer put in is taken in that order, each item once, and nothing else is taken.
InOrder ==
  /\ \A i \in DOMAIN taken : taken[i] # Nothing
  /\ \A p \in Threads : \A i \in DOMAIN Of(p) : Of(p)[i] = <<p, i>>

\* While a producer fills a slot, no other one does, and the consumer does not read it.
OneOwner ==
  \A p \in Threads : place[p] \in {"write", "publish"} =>
    /\ \A q \in Threads \ {p} : place[q] \in {"write", "publish"} => Slot(at[p]) # Slot(at[q])
    /\ reads \in {"take", "release"} => Slot(head) # Slot(at[p])

\* No more positions are claimed and not taken than there are slots.
Bounded == tail - head \in 0..Size

\* When the consumer sleeps and nobody woke it, there is nothing to take, or somebody is about to wake it.
NoLostWakeUp == reads = "asleep" /\ ~bell /\ IsThere => sleepy /\ \E p \in Threads : place[p] = "wake"

\* Everything that is put in is taken in the end.
EverythingArrives == <>[](Len(taken) = Producers * Items)
=============================================================================
