---- MODULE SchedulerOracle_AllServed ----
\* Config: SchedulerOracle
\* Replaces: Serves <- Always
\* Breaks: OneInside
EXTENDS SchedulerOracle

\* Every ticket is served at any time.
Always(t) == TRUE
====
