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
  path,      \* the schedule so far: the processes that stepped
  back,      \* back[n]: the processes to run after the first n - 1 steps of the path
  sleep,     \* sleep[n]: those that need not be run there
  explored,  \* the traces that were run to their end
  runs       \* how many runs there were that came to an end

vars == <<path, back, sleep, explored, runs>>

(* Programs, schedules and traces *)

\* How often p has stepped in a schedule, and the steps p has left after it.
Taken(p, schedule) == Cardinality({i \in DOMAIN schedule : schedule[i] = p})
Enabled(schedule) == {p \in Processes : Taken(p, schedule) < Len(Scripts[p])}

\* The step that p does next after a schedule; the step that was taken at place i.
NextOf(p, schedule) == Scripts[p][Taken(p, schedule) + 1]
StepAt(schedule, i) == NextOf(schedule[i], SubSeq(schedule, 1, i - 1))

Conflict(a, b) == a[2] = b[2] /\ (a[1] = "write" \/ b[1] = "write")

\* Are the steps at places i and j in a fixed order?
Dependent(s, i, j) == s[i] = s[j] \/ Conflict(StepAt(s, i), StepAt(s, j))

\* The places before j whose steps happen before the one at j.
RECURSIVE Causes(_, _)
Causes(s, j) ==
  LET direct == {i \in 1..(j - 1) : Dependent(s, i, j)}
  IN direct \cup UNION {Causes(s, i) : i \in direct}

\* A trace: which of two dependent steps came first.  A step is named by its process and its number there.
Name(s, i) == <<s[i], Taken(s[i], SubSeq(s, 1, i))>>
Trace(s) ==
  {<<Name(s, pair[1]), Name(s, pair[2])>> :
     pair \in {q \in (DOMAIN s) \X (DOMAIN s) : q[1] < q[2] /\ s[q[1]] # s[q[2]] /\ Dependent(s, q[1], q[2])}}

\* The traces of all schedules that begin like this one.
RECURSIVE Completions(_)
Completions(s) ==
  IF Enabled(s) = {} THEN {Trace(s)} ELSE UNION {Completions(Append(s, p)) : p \in Enabled(s)}

AllTraces == Completions(<<>>)

(* The exploration *)

Lowest(set) == CHOOSE p \in set : \A q \in set : p <= q
Choices(set) == IF Choice = "any" \/ set = {} THEN set ELSE {Lowest(set)}

\* What a new node begins with: one process that is awake, if there is one.
First(schedule, asleep) ==
  LET awake == Enabled(schedule) \ asleep
  IN IF awake = {} THEN {{}} ELSE {{p} : p \in Choices(awake)}

Init ==
  /\ path = <<>>
  /\ sleep = <<{}>>
  /\ back \in {<<first>> : first \in First(<<>>, {})}
  /\ explored = {}
  /\ runs = 0

Top == Len(path) + 1

\* The last step of s is in a race with the one at i: dependent, of another process, and with nothing between.
Races(s) ==
  LET n == Len(s)
  IN {i \in 1..(n - 1) : s[i] # s[n] /\ Dependent(s, i, n) /\ \A k \in (i + 1)..(n - 1) : ~(i \in Causes(s, k) /\ k \in Causes(s, n))}

\* The steps after i that do not happen after it, and the last one.
Rest(s, i) == {k \in (i + 1)..Len(s) : i \notin Causes(s, k) \/ k = Len(s)}

\* The processes that could begin the other order of a race: their first step in Rest happens after none of it.
Initials(s, i) ==
  {p \in Processes : \E k \in Rest(s, i) :
     /\ s[k] = p
     /\ \A j \in Rest(s, i) : j < k => s[j] # p /\ j \notin Causes(s, k)}

\* The processes of which one has to be added for the race with the step at i; none when one is there already.
Missing(s, i) == IF Initials(s, i) \cap back[i] # {} THEN {} ELSE Choices(Initials(s, i))

Independent(p, q, schedule) == p # q /\ ~Conflict(NextOf(p, schedule), NextOf(q, schedule))

Awake == back[Top] \ sleep[Top]

\* Those that stay asleep after p steps.
StaysAsleep(p) == {q \in sleep[Top] : Independent(p, q, path)}

Descend(p) ==
  /\ p \in Choices(Awake)
  /\ LET longer == Append(path, p)
         races == {i \in Races(longer) : Missing(longer, i) # {}}
         asleep == StaysAsleep(p)
     IN /\ path' = longer
        /\ \E add \in [races -> Processes] :
             /\ \A i \in races : add[i] \in Missing(longer, i)
             /\ \E first \in First(longer, asleep) :
                  back' = Append([n \in DOMAIN back |-> IF n \in races THEN back[n] \cup {add[n]} ELSE back[n]], first)
        /\ sleep' = Append(sleep, asleep)
        /\ IF Enabled(longer) = {}
           THEN explored' = explored \cup {Trace(longer)} /\ runs' = runs + 1
           ELSE UNCHANGED <<explored, runs>>

\* The subtree is done: back to the node before, where the process goes to sleep.
Ascend ==
  /\ Awake = {}
  /\ path # <<>>
  /\ path' = SubSeq(path, 1, Len(path) - 1)
  /\ back' = SubSeq(back, 1, Len(back) - 1)
  /\ sleep' = [n \in 1..(Len(sleep) - 1) |-> IF n = Len(path) THEN sleep[n] \cup {path[n]} ELSE sleep[n]]
  /\ UNCHANGED <<explored, runs>>

Finished == path = <<>> /\ Awake = {}
End == Finished /\ UNCHANGED vars

Steps == Ascend \/ \E p \in Processes : Descend(p)
Next == Steps \/ End
Spec == Init /\ [][Next]_vars /\ WF_vars(Steps)

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A i \in DOMAIN path : path[i] \in Processes
  /\ Len(back) = Top /\ Len(sleep) = Top
  /\ \A n \in DOMAIN back : back[n] \subseteq Enabled(SubSeq(path, 1, n - 1)) /\ sleep[n] \subseteq Processes
  /\ runs \in Nat

\* In the end every trace of the program was run.
EveryTraceIsRun == Finished => explored = AllTraces

\* No trace is run twice.
NoTraceTwice == runs = Cardinality(explored)

\* Sleep sets lose nothing: all that a sleeping process would lead to has been run.
SleepLosesNothing == \A p \in sleep[Top] : Completions(Append(path, p)) \subseteq explored

\* The exploration comes to an end.
Terminates == <>Finished

-----------------------------------------------------------------------------
(* Constants for the configurations that come with this module *)

\* Two processes that read and write one object: lost updates.
Increments == << <<<<"read", 1>>, <<"write", 1>>>>, <<<<"read", 1>>, <<"write", 1>>>> >>

\* One writer and three readers.
Readers == << <<<<"write", 1>>>>, <<<<"read", 1>>>>, <<<<"read", 1>>>>, <<<<"read", 1>>>> >>

\* Three processes and three objects, with races over more than one step.
Chain == << <<<<"write", 1>>, <<"read", 2>>>>, <<<<"write", 2>>, <<"write", 3>>>>, <<<<"read", 3>>, <<"read", 1>>>> >>
=============================================================================
