"""The Twin: a model checker for concurrent programs, and on top of it a verifier of asynchronous TypeScript.

`Program` builds a program of the engine's language, `krepis.twin.explore` searches it (or, with `Explorer`,
explores programs that the caller executes), `krepis.twin.reference` is the slow interpreter that it is tested
against.
"""

from krepis.twin.program import Program, ProgramCode, ProgramError

__all__ = ["Program", "ProgramCode", "ProgramError"]
