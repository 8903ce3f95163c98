"""One stateful search of Krepis in a process of its own: `krepis_search.py U|L N K [--threads T]`, JSON on
stdout.

`seconds` is the engine's own clock around the search; building and validating the program is outside.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from krepis.twin.explore import Options, explore
from krepis_programs import counter
from models import Model


def main(arguments: Sequence[str]) -> int:
    """Search and print. Returns 0; an incomplete search says so in the output."""
    parser = argparse.ArgumentParser(prog="krepis_search.py")
    parser.add_argument("kind", choices=["U", "L"])
    parser.add_argument("n", type=int)
    parser.add_argument("k", type=int)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    model = Model("U" if options.kind == "U" else "L", options.n, options.k)
    result = explore(counter(model), Options(algorithm="stateful", workers=options.threads))
    print(
        json.dumps(
            {
                "model": model.name,
                "complete": result.complete,
                "states": result.states,
                "transitions": result.transitions,
                "seconds": result.seconds,
                "memory_bytes": result.memory_bytes,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
