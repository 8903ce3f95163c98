---- MODULE ConnectionLife_FreeTwice ----
\* Config: ConnectionLife
\* Replaces: GivesBack <- AtOnce
\* Breaks: PlacesBalance
EXTENDS ConnectionLife

\* A place is given back at once, even if the list of the ready will give it back too.
AtOnce(c) == spare' = <<c>> \o spare
====
