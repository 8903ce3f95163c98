"""The process around the isolate: reads a script and its limits from stdin, writes its results to stdout.

Run as `python -P -m krepis.server.agents._sandbox` with an empty environment. Before anything of the script runs, the
process may no longer write files and has a limit of processor time.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    request = json.load(sys.stdin)
    from py_mini_racer import JSPromise, MiniRacer

    seconds = int(request["timeout_s"]) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    isolate = MiniRacer()
    isolate.set_hard_memory_limit(request["memory_bytes"])
    answer: dict[str, Any] = {"results": [], "error": ""}
    try:
        result = isolate.eval(request["script"], timeout_sec=request["timeout_s"])
        if isinstance(result, JSPromise):
            result = result.get(timeout=request["timeout_s"])
        answer["results"] = json.loads(str(result))
    except Exception as error:  # whatever the script or V8 did
        lines = str(error).strip().splitlines() or [""]
        answer["error"] = f"{type(error).__name__}: {lines[0]}"[:500]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    out.write(json.dumps(answer))
    out.flush()
    os._exit(0)  # an isolate that still runs does not keep the process


if __name__ == "__main__":
    main()
