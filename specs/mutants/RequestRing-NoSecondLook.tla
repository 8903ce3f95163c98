---- MODULE RequestRing_NoSecondLook ----
\* Config: RequestRing
\* Replaces: LookAgain <- SleepsAtOnce
\* Breaks: NoLostWakeUp
EXTENDS RequestRing

\* The consumer sleeps without looking again.
SleepsAtOnce ==
  /\ reads = "again"
  /\ reads' = "asleep"
  /\ UNCHANGED <<turn, item, head, sleepy, bell, taken>> /\ ProducersStay
====
