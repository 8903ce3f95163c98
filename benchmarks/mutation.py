"""How many of the mutants of programs without races are detected, by operator.

    .venv/bin/python benchmarks/mutation.py FOLDER     # a folder with manifest.json and its safe programs

The programs are taken one by one, as `krepis mutate` takes a project.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from krepis.server.mutate import OPERATORS, Tried, mutate
from krepis.twin.options import Options, SourceFile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.resolve()
    cases = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["cases"]
    started = time.process_time()
    tried: list[tuple[str, Tried]] = []
    safe = [case for case in cases if case["label"] == "safe"]
    for case in safe:
        files = [SourceFile(name, folder / name) for name in case["files"]]
        tried += [(case["id"], one) for one in mutate(files, Options(root=folder, jobs=1)).tried]
    for case, one in tried:
        if one.outcome != "detected":
            print(f"{one.outcome:8} {case}:{one.mutant.line}: {one.mutant.operator}: {one.mutant.what}")
    print("\n| operator | mutants | detected | survived | unseen | rate |\n|---|---:|---:|---:|---:|---:|")
    for name in (*OPERATORS, "all"):
        outcomes = Counter(one.outcome for _, one in tried if name in (one.mutant.operator, "all"))
        if total := outcomes.total():
            figures = [total, *(outcomes[kind] for kind in ("detected", "survived", "unseen"))]
            print(f"| {name} | {' | '.join(map(str, figures))} | {100 * outcomes['detected'] / total:.0f} % |")
    print(f"\n{len(safe)} programs, {time.process_time() - started:.0f} s of processor time")


if __name__ == "__main__":
    main()
