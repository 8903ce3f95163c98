----------------------------- MODULE TimerWheel -----------------------------
(***************************************************************************)
(* The time limits of connections (kernel_c/src/wheel.c).                  *)
(*                                                                         *)
(* A hierarchical timer wheel: a moment is written as digits of base Base  *)
(* (64 in the C code), and level l has one slot for each value of digit l. *)
(* A timer lies on the level of the highest digit in which its moment and  *)
(* the time now differ, in the slot of its own digit there.  So setting    *)
(* and cancelling cost the same however many timers there are.             *)
(*                                                                         *)
(* Advancing goes from slot to slot: the next one is the first that is     *)
(* used on the lowest level that has any.  Slots of level 0 fire; the      *)
(* timers of a slot above it move down, for now they differ from the time  *)
(* in a lower digit only.  The caller has room for Room fired timers; when *)
(* it is used up, the rest fires when the caller asks again.               *)
(*                                                                         *)
(* One step here is a call of the C code, or one slot within the call that *)
(* advances, or one timer that fires.                                      *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Timers,  \* the set of timers
  Base,    \* how many slots a level has
  Levels,  \* how many levels there are
  Room     \* how many fired timers one call can return

Unset == Base ^ Levels             \* greater than every moment
Horizon == Unset - 1               \* the last moment that can be written
Moments == 0..Horizon
Idle == Unset

VARIABLES
  now,     \* the wheel's time
  due,     \* due[t]: when t fires, or Unset
  slots,   \* slots[l][d]: the timers in slot d of level l, in the order in which they came there
  target,  \* the time that a call advances to, or Idle when no call is under way
  fired,   \* how many timers this call has fired
  wanted   \* not part of the wheel: what is set, in the order of setting, to say what should happen

vars == <<now, due, slots, target, fired, wanted>>

Init ==
  /\ now = 0
  /\ due = [t \in Timers |-> Unset]
  /\ slots = [l \in 0..(Levels - 1) |-> [d \in 0..(Base - 1) |-> <<>>]]
  /\ target = Idle
  /\ fired = 0
  /\ wanted = <<>>

Digit(moment, l) == (moment \div Base ^ l) % Base

\* The highest level on which two moments differ; 0 when they do not.
Level(a, b) ==
  LET differ == {l \in 0..(Levels - 1) : Digit(a, l) # Digit(b, l)}
  IN IF differ = {} THEN 0 ELSE CHOOSE l \in differ : \A k \in differ : k <= l

\* Where a timer belongs.
Place(moment, time) == LET l == Level(moment, time) IN <<l, Digit(moment, l)>>

Queued(list, t) == Append(list, t)
Linked(in, t, place) == [in EXCEPT ![place[1]][place[2]] = Queued(@, t)]
Without(list, t) == SelectSeq(list, LAMBDA u : u # t)
Unlinked(in, t) == [l \in DOMAIN in |-> [d \in DOMAIN in[l] |-> Without(in[l][d], t)]]

Set(t, moment) ==
  /\ target = Idle
  /\ due' = [due EXCEPT ![t] = moment]
  /\ slots' = Linked(Unlinked(slots, t), t, Place(moment, now))
  /\ wanted' = Append(Without(wanted, t), t)
  /\ UNCHANGED <<now, target, fired>>

Cancel(t) ==
  /\ target = Idle /\ due[t] # Unset
  /\ due' = [due EXCEPT ![t] = Unset]
  /\ slots' = Unlinked(slots, t)
  /\ wanted' = Without(wanted, t)
  /\ UNCHANGED <<now, target, fired>>

\* A call begins.  Time goes on between calls, as far as it can be written.
Advance(to) ==
  /\ target = Idle
  /\ to > now \/ to = Horizon
  /\ target' = to
  /\ fired' = 0
  /\ UNCHANGED <<now, due, slots, wanted>>

Used == {<<l, d>> \in (0..(Levels - 1)) \X (0..(Base - 1)) : slots[l][d] # <<>>}

\* The slot that is next: on the lowest level that has any, the first.
First == CHOOSE a \in Used : \A b \in Used : a[1] < b[1] \/ (a[1] = b[1] /\ a[2] <= b[2])

\* The moment at which a slot begins: the digits of the time above it, its own, and zeros.
Begins(place) == (now \div Base ^ (place[1] + 1)) * Base ^ (place[1] + 1) + place[2] * Base ^ place[1]

IsNext(place) == Used # {} /\ First = place /\ target # Idle /\ Begins(place) <= target

\* The first timer of the next slot fires.
Fire(t) ==
  /\ \E d \in 0..(Base - 1) :
       /\ IsNext(<<0, d>>)
       /\ fired < Room
       /\ t = Head(slots[0][d])
       /\ now' = Begins(<<0, d>>)
  /\ due' = [due EXCEPT ![t] = Unset]
  /\ slots' = Unlinked(slots, t)
  /\ fired' = fired + 1
  /\ wanted' = Without(wanted, t)
  /\ UNCHANGED target

\* There is no room for the timer that would fire: the call ends before its time, and the time stands there.
Return ==
  /\ \E d \in 0..(Base - 1) : IsNext(<<0, d>>) /\ now' = Begins(<<0, d>>)
  /\ fired = Room
  /\ target' = Idle
  /\ fired' = 0
  /\ UNCHANGED <<due, slots, wanted>>

RECURSIVE LinkAll(_, _, _)
LinkAll(in, list, time) ==
  IF list = <<>> THEN in
  ELSE LinkAll(Linked(in, Head(list), Place(due[Head(list)], time)), Tail(list), time)

\* The timers of the slot, each on the level where it belongs at this time.
MovedDown(l, d, time) == LinkAll([slots EXCEPT ![l][d] = <<>>], slots[l][d], time)

MoveDown(l, d) ==
  /\ l > 0
  /\ IsNext(<<l, d>>)
  /\ now' = Begins(<<l, d>>)
  /\ slots' = MovedDown(l, d, now')
  /\ UNCHANGED <<due, target, fired, wanted>>

IsBehind == IF Used = {} THEN TRUE ELSE Begins(First) > target

Arrive ==
  /\ target # Idle
  /\ IsBehind
  /\ now' = target
  /\ target' = Idle
  /\ fired' = 0
  /\ UNCHANGED <<due, slots, wanted>>

Calls == \E to \in Moments : Advance(to)
Goes == (\E t \in Timers : Fire(t)) \/ Return \/ Arrive \/ \E l \in 1..(Levels - 1), d \in 0..(Base - 1) : MoveDown(l, d)
Next == (\E t \in Timers : (\E moment \in now..Horizon : Set(t, moment)) \/ Cancel(t)) \/ Calls \/ Goes

\* The server asks the wheel again and again, and a call comes to its end.
Spec == Init /\ [][Next]_vars /\ WF_vars(Calls) /\ WF_vars(Goes)

-----------------------------------------------------------------------------
(* Properties *)

IsSet(t) == due[t] # Unset

TypeOK ==
  /\ now \in Moments
  /\ due \in [Timers -> Moments \cup {Unset}]
  /\ target \in Moments \cup {Idle}
  /\ fired \in 0..Room
  /\ \A l \in 0..(Levels - 1), d \in 0..(Base - 1), i \in 1..Cardinality(Timers) :
       i \in DOMAIN slots[l][d] => slots[l][d][i] \in Timers

\* A timer that is set is in exactly one slot: that of the highest digit in which it differs from now.
InItsPlace ==
  \A t \in Timers : \A l \in 0..(Levels - 1), d \in 0..(Base - 1) :
    LET times == Cardinality({i \in DOMAIN slots[l][d] : slots[l][d][i] = t})
    IN times = IF IsSet(t) /\ Place(due[t], now) = <<l, d>> THEN 1 ELSE 0

\* Time never passes a timer that is set.
NothingOverdue == \A t \in Timers : IsSet(t) => due[t] >= now

\* What the wheel says comes next is not later than the first timer, so a server that waits until then is not late.
NextIsInTime == Used # {} => \A t \in Timers : IsSet(t) => Begins(First) <= due[t]

Fires(t) == IsSet(t) /\ due'[t] = Unset /\ target # Idle

\* A timer fires at its moment, not before and not after.
Punctual == [][\A t \in Timers : Fires(t) => now' = due[t]]_vars

\* Time never goes back.
Monotone == [][now' >= now]_vars

RankOf(t) == CHOOSE i \in DOMAIN wanted : wanted[i] = t

\* Timers fire in the order of their moments, and those of one moment in the order in which they were set.
FiresInOrder ==
  [][\A t \in Timers : Fires(t) =>
       \A u \in Timers \ {t} : IsSet(u) => due[u] > due[t] \/ (due[u] = due[t] /\ RankOf(u) > RankOf(t))]_vars

\* A timer that is set fires, or is cancelled.
EveryTimerEnds == \A t \in Timers : []<>~IsSet(t)
=============================================================================
