--------------------------- MODULE ConnectionLife ---------------------------
(***************************************************************************)
(* The life of a connection (kernel_c/src/peer.c, answer.c, server.c).     *)
(*                                                                         *)
(* A server has Places for connections.  A connection that is accepted     *)
(* gets a free place, and the place gets a new generation, so that what    *)
(* is left over from an earlier connection there can be told apart.        *)
(*                                                                         *)
(* What a client sends is taken as requests, which get the numbers 0, 1,   *)
(* 2, ...  Handlers answer in any order and at any time, also when the     *)
(* connection is long gone; a response goes out when all before it are     *)
(* complete.  It may also begin before it is complete (a stream).  A       *)
(* request is asked when it was taken, and answered when its response is   *)
(* complete and its turn has come.                                         *)
(*                                                                         *)
(* A connection ends in good order when it is at its last request and that *)
(* is answered and sent: the server says that it will send no more,        *)
(* lingers until the client closes too, and drops it.  It is dropped at    *)
(* once when the client resets it, and when a time limit passes while      *)
(* nothing can be said.  Whatever a connection waits for has a time limit. *)
(*                                                                         *)
(* A connection that can go on without an event is in the list of those    *)
(* that are ready.  When it is dropped while it is there, its place        *)
(* becomes free only when the list comes to it; else it would be both.     *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Places,       \* the set of places
  Generations,  \* how many connections there are at one place, one after the other
  Requests,     \* how many requests a client sends at most
  Pipeline      \* how many may be asked and not answered

VARIABLES
  peer,      \* peer[c]: the connection at place c, a record; see New
  spare,     \* free places, the one that is used next first
  rows,      \* what handlers have been given and not answered: <<place, generation, number>>
  stopping   \* was the server told to stop?

vars == <<peer, spare, rows, stopping>>

\* The record of a connection.
New(generation) ==
  [phase |-> "open",          \* "free", "open", "linger", or "gone": dropped, and still in the list of the ready
   generation |-> generation,
   asked |-> 0, answered |-> 0,
   held |-> {},               \* numbers of complete responses that wait for their turn
   begun |-> {},              \* numbers of responses that have begun and are not complete
   written |-> <<>>,          \* numbers of the responses in the order in which they go out
   unsent |-> FALSE,          \* is there something to send?
   blocked |-> FALSE,         \* did the client not take it all?
   part |-> "none",           \* of a request that is not complete there is: "none", "head" (a part of it), "body"
   last |-> FALSE,            \* no more requests are taken
   ended |-> FALSE,           \* the client has closed its side
   ready |-> FALSE]           \* is in the list of the ready

Free(generation, ready) ==
  [New(generation) EXCEPT !.phase = IF ready THEN "gone" ELSE "free", !.ready = ready]

Init ==
  /\ peer = [c \in Places |-> Free(0, FALSE)]
  /\ spare \in {s \in [1..Cardinality(Places) -> Places] : \A i, j \in DOMAIN s : i < j => s[i] < s[j]}
  /\ rows = {}
  /\ stopping = FALSE

IsOpen(c) == peer[c].phase = "open"
Becomes(c, record) == peer' = [peer EXCEPT ![c] = record]

\* A place that is in no list is free at once.
GivesBack(c) == spare' = IF peer[c].ready THEN spare ELSE <<c>> \o spare
Drop(c) == Becomes(c, Free(peer[c].generation, peer[c].ready)) /\ GivesBack(c)
Keeps(c, record) == Becomes(c, record) /\ UNCHANGED spare

-----------------------------------------------------------------------------
(* What a connection waits for, and so which time limit it has *)

WaitsFor(p) ==
  CASE p.phase = "linger" -> "linger"
    [] p.unsent -> "write"
    [] p.answered \in p.begun -> "stream"
    [] p.asked # p.answered -> "answer"
    [] p.part = "body" -> "body"
    [] p.part = "head" -> "head"
    [] OTHER -> "idle"

IsIdle(p) == p.phase = "open" /\ WaitsFor(p) = "idle"

-----------------------------------------------------------------------------
(* Responses *)

\* The first number from that at its turn on whose response is not complete.
FirstOpen(p) ==
  CHOOSE n \in p.answered..p.asked : n \notin p.held /\ \A m \in p.answered..(n - 1) : m \in p.held

\* Writes what has its turn: complete responses, and then one that has begun.
TakeTurns(p) ==
  LET next == FirstOpen(p)
      ahead == IF next \in p.begun THEN next + 1 ELSE next
      new == [i \in 1..(ahead - Len(p.written)) |-> Len(p.written) + i - 1]
  IN [p EXCEPT !.answered = next, !.held = {n \in p.held : n > next}, !.written = p.written \o new,
               !.unsent = p.unsent \/ new # <<>>]

Complete(p, n) ==
  [TakeTurns([p EXCEPT !.held = p.held \cup {n}, !.begun = p.begun \ {n}])
     EXCEPT !.unsent = @ \/ p.unsent \/ n = p.answered]

Begin(p, n) == TakeTurns([p EXCEPT !.begun = p.begun \cup {n}])

\* The request of a row, if its connection is still there and it is not answered.
IsOwed(row) ==
  LET p == peer[row[1]]
  IN p.phase = "open" /\ p.generation = row[2] /\ row[3] \in p.answered..(p.asked - 1)

IsNew(row) == LET p == peer[row[1]] IN row[3] \notin p.held \cup p.begun

\* A handler answers; nothing happens when it is too late.
Answer(row) ==
  /\ row \in rows
  /\ rows' = rows \ {row}
  /\ IF IsOwed(row) /\ IsNew(row)
     THEN Keeps(row[1], Complete(peer[row[1]], row[3]))
     ELSE UNCHANGED <<peer, spare>>
  /\ UNCHANGED stopping

\* A handler begins its answer, and has still to go on with it.
Stream(row) ==
  /\ row \in rows /\ IsOwed(row) /\ IsNew(row)
  /\ Keeps(row[1], Begin(peer[row[1]], row[3]))
  /\ UNCHANGED <<rows, stopping>>

\* Before a stream to an old client, whose end only the end of the connection can say: its request is the last.
Old(row) ==
  /\ row \in rows /\ IsOwed(row) /\ IsNew(row)
  /\ LET upto == {n \in 0..Requests : n <= row[3]}
     IN Keeps(row[1], [peer[row[1]] EXCEPT !.asked = row[3] + 1, !.held = @ \cap upto, !.begun = @ \cap upto,
                                           !.last = TRUE])
  /\ UNCHANGED <<rows, stopping>>

Chunk(row) ==
  /\ row \in rows /\ IsOwed(row) /\ row[3] \in peer[row[1]].begun
  /\ Keeps(row[1], [peer[row[1]] EXCEPT !.unsent = @ \/ row[3] = peer[row[1]].answered])
  /\ UNCHANGED <<rows, stopping>>

Finish(row) ==
  /\ row \in rows
  /\ IsOwed(row) /\ row[3] \in peer[row[1]].begun
  /\ rows' = rows \ {row}
  /\ Keeps(row[1], Complete(peer[row[1]], row[3]))
  /\ UNCHANGED stopping

\* A handler gives up what it has begun: the connection with it.
Abort(row) ==
  /\ row \in rows /\ IsOwed(row)
  /\ rows' = rows \ {row}
  /\ Drop(row[1])
  /\ UNCHANGED stopping

-----------------------------------------------------------------------------
(* Reading *)

Open(c) ==
  /\ ~stopping /\ spare # <<>> /\ c = Head(spare)
  /\ peer[c].generation < Generations
  /\ Becomes(c, New(peer[c].generation + 1))
  /\ spare' = Tail(spare)
  /\ UNCHANGED <<rows, stopping>>

\* Requests are taken only while the client takes what it is sent.
Reads(p) == p.phase = "open" /\ ~p.last /\ ~p.blocked

Ask(c, final) ==
  /\ Reads(peer[c])
  /\ peer[c].asked - peer[c].answered < Pipeline /\ peer[c].asked < Requests
  /\ Keeps(c, [peer[c] EXCEPT !.asked = @ + 1, !.part = "none", !.last = final \/ stopping])
  /\ rows' = rows \cup {<<c, peer[c].generation, peer[c].asked>>}
  /\ UNCHANGED stopping

\* A part of a request is there.
Part(c, what) ==
  /\ Reads(peer[c]) /\ peer[c].asked < Requests
  /\ Keeps(c, [peer[c] EXCEPT !.part = what])
  /\ UNCHANGED <<rows, stopping>>

\* A client that asked first whether to send the body is told to: "100 Continue".
Invite(c) ==
  /\ IsOpen(c) /\ peer[c].part # "none" /\ peer[c].asked = peer[c].answered
  /\ Keeps(c, [peer[c] EXCEPT !.unsent = TRUE])
  /\ UNCHANGED <<rows, stopping>>

\* What is no request is answered like one, and is the last.
Refused(p) ==
  LET asked == [p EXCEPT !.asked = @ + 1, !.last = TRUE, !.part = "none"]
  IN Complete(asked, p.asked)

Refuse(c) ==
  /\ Reads(peer[c]) /\ peer[c].asked < Requests
  /\ Keeps(c, Refused(peer[c]))
  /\ UNCHANGED <<rows, stopping>>

ReadEnd(c) ==
  /\ Reads(peer[c]) \/ peer[c].phase = "linger"
  /\ LET p == peer[c]
     IN IF p.phase = "linger" \/ (p.asked = p.answered /\ ~p.unsent)
        THEN Drop(c)
        ELSE Keeps(c, [p EXCEPT !.ended = TRUE, !.last = TRUE])
  /\ UNCHANGED <<rows, stopping>>

-----------------------------------------------------------------------------
(* Sending, and the end *)

\* The client takes all, or a part of it.
Block(c) ==
  /\ IsOpen(c) /\ peer[c].unsent /\ ~peer[c].blocked
  /\ Keeps(c, [peer[c] EXCEPT !.blocked = TRUE])
  /\ UNCHANGED <<rows, stopping>>

IsThrough(p) == p.last /\ p.asked = p.answered

Flush(c) ==
  /\ IsOpen(c)
  /\ peer[c].unsent \/ IsThrough(peer[c]) \/ (stopping /\ IsIdle(peer[c]))
  /\ LET p == [peer[c] EXCEPT !.unsent = FALSE, !.blocked = FALSE]
     IN CASE IsThrough(p) /\ p.ended -> Drop(c)
          [] IsThrough(p) /\ ~p.ended -> Keeps(c, [p EXCEPT !.phase = "linger", !.part = "none"])
          \* Something may have come that was not read yet.
          [] stopping /\ ~IsThrough(p) /\ IsIdle(p) -> Drop(c) \/ Keeps(c, p)
          [] OTHER -> Keeps(c, p)
  /\ UNCHANGED <<rows, stopping>>

\* The client resets the connection, or memory is used up.
Break(c) ==
  /\ peer[c].phase \in {"open", "linger"}
  /\ Drop(c)
  /\ UNCHANGED <<rows, stopping>>

\* The answers to the request at its turn and to all later ones come too late: an error is the last answer.
TooLate(p) ==
  Complete([p EXCEPT !.asked = p.answered + 1, !.held = {}, !.begun = {}, !.last = TRUE], p.answered)

\* The time limit of what the connection waits for passes.
Timeout(c) ==
  /\ peer[c].phase \in {"open", "linger"}
  /\ CASE WaitsFor(peer[c]) \in {"head", "body"} -> Keeps(c, Refused(peer[c]))
       [] WaitsFor(peer[c]) = "answer" -> Keeps(c, TooLate(peer[c]))
       [] OTHER -> Drop(c)
  /\ UNCHANGED <<rows, stopping>>

MakeReady(c) ==
  /\ peer[c].phase \in {"open", "linger"} /\ ~peer[c].ready
  /\ Keeps(c, [peer[c] EXCEPT !.ready = TRUE])
  /\ UNCHANGED <<rows, stopping>>

\* The list of the ready comes to the place.
TakeReady(c) ==
  /\ peer[c].ready
  /\ Becomes(c, [peer[c] EXCEPT !.ready = FALSE, !.phase = IF @ = "gone" THEN "free" ELSE @])
  /\ spare' = IF peer[c].phase = "gone" THEN <<c>> \o spare ELSE spare
  /\ UNCHANGED <<rows, stopping>>

\* The server is told to stop: no connection is accepted any more, and what a connection is at becomes its last.
Stop ==
  /\ ~stopping
  /\ stopping' = TRUE
  /\ peer' = [c \in Places |->
       IF IsOpen(c) /\ (peer[c].asked # peer[c].answered \/ peer[c].unsent) THEN [peer[c] EXCEPT !.last = TRUE]
                                                                          ELSE peer[c]]
  /\ UNCHANGED <<spare, rows>>

\* All connections that there can be have been, or the server has stopped.
End ==
  /\ \A c \in Places : peer[c].phase = "free"
  /\ spare = <<>> \/ stopping \/ peer[Head(spare)].generation = Generations
  /\ UNCHANGED vars

Life(c) ==
  \/ Open(c) \/ Refuse(c) \/ Invite(c) \/ ReadEnd(c) \/ Block(c) \/ Flush(c) \/ Break(c) \/ Timeout(c) \/ MakeReady(c) \/ TakeReady(c)
  \/ \E final \in BOOLEAN : Ask(c, final)
  \/ \E what \in {"head", "body"} : Part(c, what)
Handles(row) == Answer(row) \/ Old(row) \/ Stream(row) \/ Chunk(row) \/ Finish(row) \/ Abort(row)
Next == (\E c \in Places : Life(c)) \/ (\E row \in rows : Handles(row)) \/ Stop \/ End

\* The clock goes on, and the list of the ready is gone through in every tick.
Spec ==
  /\ Init /\ [][Next]_vars
  /\ \A c \in Places : WF_vars(Timeout(c)) /\ WF_vars(TakeReady(c))

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A c \in Places :
       /\ peer[c].phase \in {"free", "open", "linger", "gone"}
       /\ peer[c].generation \in 0..Generations
       /\ peer[c].asked \in 0..(Requests + 1) /\ peer[c].answered \in 0..peer[c].asked
       /\ peer[c].held \cup peer[c].begun \subseteq 0..Requests
       /\ peer[c].part \in {"none", "head", "body"}
       /\ {peer[c].unsent, peer[c].blocked, peer[c].last, peer[c].ended, peer[c].ready} \subseteq BOOLEAN
  /\ \A i \in DOMAIN spare : spare[i] \in Places
  /\ rows \subseteq Places \X (1..Generations) \X (0..Requests)
  /\ stopping \in BOOLEAN

\* Responses go out in the order of their requests, each once, and none before those in front of it are complete.
InOrder ==
  \A c \in Places : LET p == peer[c] IN
    /\ \A i \in DOMAIN p.written : p.written[i] = i - 1
    /\ p.phase \in {"open", "linger"} => Len(p.written) = p.answered + IF p.answered \in p.begun THEN 1 ELSE 0

\* Of a connection at most Pipeline requests are asked and not answered, besides one that was refused.
WithinPipeline == \A c \in Places : peer[c].asked - peer[c].answered <= Pipeline + 1

\* Every place is free, in use, or still in the list of the ready, and no place is free twice.
PlacesBalance ==
  /\ \A i, j \in DOMAIN spare : i # j => spare[i] # spare[j]
  /\ \A c \in Places : (peer[c].phase = "free") = (\E i \in DOMAIN spare : spare[i] = c)

\* When a connection lingers, nothing is left to be answered or sent.
LingersEmpty == \A c \in Places : peer[c].phase = "linger" => peer[c].asked = peer[c].answered /\ ~peer[c].unsent

\* A handler's answer touches no connection but the one that asked.
OnlyTheOwner ==
  [][\A row \in rows : row \notin rows' /\ peer'[row[1]] # peer[row[1]] => row[2] = peer[row[1]].generation]_vars

\* After its last request nothing more is taken from a client.
LastIsLast ==
  [][\A c \in Places : peer[c].last /\ peer'[c].generation = peer[c].generation => peer'[c].asked <= peer[c].asked]_vars

\* While a client does not take what it is sent, no request of it is taken.
BackPressure == [][\A c \in Places : peer[c].blocked => Cardinality({r \in rows' \ rows : r[1] = c}) = 0]_vars

\* A connection does not stay forever, whatever its client and its handlers do or do not do.
EveryConnectionEnds == \A c \in Places : peer[c].phase # "free" ~> peer[c].phase = "free"

\* A server that was told to stop accepts no connection.
NothingOpensAfterStop == [][\A c \in Places : stopping => peer'[c].generation = peer[c].generation]_vars
=============================================================================
