---- MODULE TimerWheel_LeavesBehind ----
\* Config: TimerWheel
\* Replaces: IsBehind <- AnyTime
\* Breaks: NothingOverdue
EXTENDS TimerWheel

\* The call ends with slots before its target.
AnyTime == TRUE
====
