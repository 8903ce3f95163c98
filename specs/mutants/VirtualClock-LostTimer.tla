---- MODULE VirtualClock_LostTimer ----
\* Config: VirtualClock
\* Replaces: Set <- Forget
\* Breaks: EverySleeperWakes
EXTENDS VirtualClock

\* A thread whose timer would come first falls asleep without one.
Forget(t) ==
  /\ phase[t] = "ready"
  /\ done[t] < Len(Naps[t])
  /\ phase' = [phase EXCEPT ![t] = "asleep"]
  /\ LET due == now + Naps[t][done[t] + 1]
         ahead == Ahead(due)
     IN queue' = IF ahead = 0 /\ queue # <<>> THEN queue
                 ELSE SubSeq(queue, 1, ahead) \o <<[due |-> due, order |-> Order(due), thread |-> t]>>
                      \o SubSeq(queue, ahead + 1, Len(queue))
  /\ UNCHANGED <<now, done, seen>>
====
