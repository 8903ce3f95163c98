-------------------------------- MODULE DPOR --------------------------------
(***************************************************************************)
(* Dynamic partial order reduction (twin/engine/dpor.c): which schedules   *)
(* of a program have to be run so that nothing is missed.                  *)
(*                                                                         *)
(* Two steps of different processes are dependent when they touch the same *)
(* object and one writes it.  Schedules that differ only in the order of   *)
(* independent steps are one trace: they do the same.  To run each trace   *)
(* once is enough.                                                         *)
(*                                                                         *)
(* This is source-DPOR with sleep sets (P. Abdulla, S. Aronis, B. Jonsson, *)
(* K. Sagonas, Optimal Dynamic Partial Order Reduction, POPL 2014).  The   *)
(* exploration walks through a tree of schedules, depth first.  Each node  *)
(* has the processes that have to step there (back) and those whose        *)
(* subtree would bring nothing new (sleep).  When a step is in a race with *)
(* an earlier one, a process that leads to the other order is added to     *)
(* where the earlier one was taken.                                        *)
(*                                                                         *)
(* With Choice = "any" the exploration may choose freely wherever the      *)
(* algorithm leaves it open, and TLC checks that whatever it chooses it    *)
(* misses nothing.  With "lowest" it chooses the lowest process.           *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Scripts,  \* Scripts[p]: the steps of process p, each <<"read", x>> or <<"write", x>>
  Choice    \* "any" or "lowest"

Processes == DOMAIN Scripts

VARIABLES
  path,      \* the schedule so far: steps <<p, n>>, the n-th of process p
  back,      \* back[n]: the processes to run after the first n - 1 steps of the path
  sleep,     \* sleep[n]: those that need not be run there
  explored,  \* the traces that were run to their end
  runs,      \* how many runs there were that came to an end
  all        \* all traces of the program; never changes, and is here so that TLC works it out only once

vars == <<path, back, sleep, explored, runs, all>>

(* Programs, schedules and traces *)

\* How many steps p has taken in a schedule, who can step after it, and the step that p takes next.
Taken(p, s) == Cardinality({i \in DOMAIN s : s[i][1] = p})
Enabled(s) == {p \in Processes : Taken(p, s) < Len(Scripts[p])}
NextOf(p, s) == <<p, Taken(p, s) + 1>>

Conflict(a, b) ==
  LET x == Scripts[a[1]][a[2]]
      y == Scripts[b[1]][b[2]]
  IN x[2] = y[2] /\ (x[1] = "write" \/ y[1] = "write")

\* Is the order of two steps fixed?
Dependent(a, b) == a[1] = b[1] \/ Conflict(a, b)

\* The places before j whose steps happen before the one at j.
RECURSIVE Causes(_, _)
Causes(s, j) ==
  LET direct == {i \in 1..(j - 1) : Dependent(s[i], s[j])}
  IN direct \cup UNION {Causes(s, i) : i \in direct}

\* A trace: of which two conflicting steps which came first.
Trace(s) ==
  {<<s[pair[1]], s[pair[2]]>> :
     pair \in {q \in (DOMAIN s) \X (DOMAIN s) : q[1] < q[2] /\ s[q[1]][1] # s[q[2]][1] /\ Conflict(s[q[1]], s[q[2]])}}

\* All steps of the program, all its schedules, and all traces of those.
AllSteps == UNION {{p} \X (1..Len(Scripts[p])) : p \in Processes}
Orders == {o \in [1..Cardinality(AllSteps) -> Processes] :
             \A p \in Processes : Cardinality({i \in DOMAIN o : o[i] = p}) = Len(Scripts[p])}
Schedules == {[i \in DOMAIN o |-> <<o[i], Cardinality({j \in 1..i : o[j] = o[i]})>>] : o \in Orders}
AllTraces == {Trace(s) : s \in Schedules}

(* The exploration *)

Lowest(set) == CHOOSE p \in set : \A q \in set : p <= q
Choices(set) == IF Choice = "any" \/ set = {} THEN set ELSE {Lowest(set)}

\* What a new node begins with: one process that is awake, if there is one.
First(s, asleep) ==
  LET awake == Enabled(s) \ asleep
  IN IF awake = {} THEN {{}} ELSE {{p} : p \in Choices(awake)}

Init ==
  /\ path = <<>>
  /\ sleep = <<{}>>
  /\ back \in {<<first>> : first \in First(<<>>, {})}
  /\ explored = {}
  /\ runs = 0
  /\ all = AllTraces

Top == Len(path) + 1

\* The last step of s is in a race with the one at i: dependent, of another process, and with nothing between.
Races(s) ==
  LET n == Len(s)
      before == Causes(s, n)
  IN {i \in before : s[i][1] # s[n][1] /\ \A k \in before : k > i => i \notin Causes(s, k)}

\* The steps after i that do not happen after it, and the last one.
Rest(s, i) == {k \in (i + 1)..Len(s) : i \notin Causes(s, k) \/ k = Len(s)}

\* The processes that could begin the other order of a race: their first step in Rest happens after none of it.
Initials(s, i) ==
  {p \in Processes : \E k \in Rest(s, i) :
     /\ s[k][1] = p
     /\ \A j \in Rest(s, i) : j < k => j \notin Causes(s, k)}

\* The processes of which one has to be added for the race with the step at i; none when one is there already.
Missing(s, i) == IF Initials(s, i) \cap back[i] # {} THEN {} ELSE Choices(Initials(s, i))

Awake == back[Top] \ sleep[Top]

\* Those that stay asleep after p steps.
StaysAsleep(p) == {q \in sleep[Top] : ~Dependent(NextOf(p, path), NextOf(q, path))}

Descend(p) ==
  /\ p \in Choices(Awake)
  /\ \E longer \in {Append(path, NextOf(p, path))}, asleep \in {StaysAsleep(p)} :
       /\ path' = longer
       /\ \E races \in {{i \in Races(longer) : Missing(longer, i) # {}}} :
          \E add \in {f \in [races -> Processes] : \A i \in races : f[i] \in Missing(longer, i)} :
          \E first \in First(longer, asleep) :
            back' = Append([n \in DOMAIN back |-> IF n \in races THEN back[n] \cup {add[n]} ELSE back[n]], first)
       /\ sleep' = Append(sleep, asleep)
       /\ IF Enabled(longer) = {}
          THEN explored' = explored \cup {Trace(longer)} /\ runs' = runs + 1
          ELSE UNCHANGED <<explored, runs>>
       /\ UNCHANGED all

\* The subtree is done: back to the node before, where the process goes to sleep.
Ascend ==
  /\ Awake = {}
  /\ path # <<>>
  /\ path' = SubSeq(path, 1, Len(path) - 1)
  /\ back' = SubSeq(back, 1, Len(back) - 1)
  /\ sleep' = [n \in 1..(Len(sleep) - 1) |-> IF n = Len(path) THEN sleep[n] \cup {path[n][1]} ELSE sleep[n]]
  /\ UNCHANGED <<explored, runs, all>>

Finished == path = <<>> /\ Awake = {}
End == Finished /\ UNCHANGED vars

Steps == Ascend \/ (\E p \in Processes : Descend(p))
Next == Steps \/ End
Spec == Init /\ [][Next]_vars /\ WF_vars(Steps)

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A i \in DOMAIN path : path[i][1] \in Processes /\ path[i][2] \in 1..Len(Scripts[path[i][1]])
  /\ Len(back) = Top /\ Len(sleep) = Top
  /\ \A n \in DOMAIN back : back[n] \subseteq Enabled(SubSeq(path, 1, n - 1)) /\ sleep[n] \subseteq Processes
  /\ runs \in Nat

\* In the end every trace of the program was run.
EveryTraceIsRun == Finished => explored = all

\* No trace is run twice.
NoTraceTwice == runs = Cardinality(explored)

\* Sleep sets lose nothing: every trace that has schedules in which a sleeping process steps next has been run.  (Sets of
\* one element, so that TLC works each out once.)
SleepLosesNothing ==
  \A p \in sleep[Top] : \A s \in {Append(path, NextOf(p, path))} :
    \A taken \in {{s[i] : i \in DOMAIN s}} : \A order \in {Trace(s)} :
      \A trace \in all \ explored :
        ~ \A pair \in trace : pair[2] \in taken => pair[1] \in taken /\ pair \in order

\* The exploration comes to an end.
Terminates == <>Finished

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

\* Two processes that read and write one object: lost updates.
Increments == << <<<<"read", 1>>, <<"write", 1>>>>, <<<<"read", 1>>, <<"write", 1>>>> >>

\* Three processes and two objects, with races over more than one step.
Chain == << <<<<"write", 1>>, <<"read", 2>>>>, <<<<"write", 2>>, <<"write", 1>>>>, <<<<"read", 1>>>> >>
=============================================================================
