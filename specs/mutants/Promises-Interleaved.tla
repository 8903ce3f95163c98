---- MODULE Promises_Interleaved ----
\* Config: Promises
\* Replaces: MayTakeEvent <- Always
\* Breaks: JobsComeFirst
EXTENDS Promises

\* Events are taken between two jobs.
Always == TRUE
====
