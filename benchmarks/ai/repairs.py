"""How many racy programs are repaired by a model, by a recipe, by neither; none is made worse, because none that is
worse passes.

    python benchmarks/ai/repairs.py CASES [--model NAME] [--attempts N] [--json FILE]

CASES is a folder with manifest.json as `tests/conformance` and the shared cases have it. Each racy case is verified,
and its first finding of severity error or warning repaired twice: by the recipes, and by the model alone. What is
proposed is verified once more as a whole program, and must have fewer findings than before.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

from krepis.server.agents.messages import Source, SourceError
from krepis.server.agents.repair import Outcome, repair_by_model, repair_by_recipe
from krepis.server.agents.source import open_source
from krepis.server.config import AiSettings
from krepis.twin.findings import Finding
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify


@dataclass(frozen=True, slots=True)
class Row:
    case: str
    kind: str
    recipe: bool
    model: bool
    worse: bool
    attempts: int
    rejected: tuple[str, ...]
    seconds: float
    prompt_tokens: int
    reused: int
    generated: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--attempts", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    source = open_source(AiSettings(model=arguments.model, threads=arguments.threads))
    manifest = json.loads((arguments.cases / "manifest.json").read_text(encoding="utf-8"))
    rows = []
    for case in manifest["cases"]:
        if case["label"] == "racy" and (row := measured(arguments.cases, case, source, arguments.attempts)):
            rows.append(row)
            print(row, flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps([_as_dict(row) for row in rows], indent=1) + "\n")
    source.close()
    print(summary(rows, source.label))


def measured(root: Path, case: dict[str, object], source: Source, attempts: int) -> Row | None:
    """One case; None when it has no finding."""
    names = case["files"]
    assert isinstance(names, list)
    files = tuple(SourceFile(name, root / name, (root / name).read_text(encoding="utf-8")) for name in names)
    options = Options(root=root, jobs=1)
    before = grave(files, options)
    if not before:
        return None
    finding = before[0]
    recipe = repair_by_recipe(finding, files, options)
    began = time.monotonic()
    try:
        model = repair_by_model(finding, files, options, source, attempts)
    except SourceError as error:
        print(f"{case['id']}: {error}")
        model = Outcome(None, ())
    seconds = time.monotonic() - began
    worse = any(
        len(grave(outcome.proposal.files, options)) >= len(before)
        for outcome in (recipe, model)
        if outcome.proposal is not None
    )
    told = [attempt.completion for attempt in model.attempts if attempt.completion is not None]
    return Row(
        str(case["id"]),
        finding.kind,
        recipe.proposal is not None,
        model.proposal is not None,
        worse,
        len(model.attempts),
        tuple(attempt.reasons[0].step for attempt in model.attempts if attempt.reasons),
        seconds,
        sum(completion.prompt_tokens for completion in told),
        sum(completion.reused for completion in told),
        sum(completion.generated for completion in told),
    )


def grave(files: tuple[SourceFile, ...], options: Options) -> list[Finding]:
    return [finding for finding in verify(files, options).findings if finding.severity in ("error", "warning")]


def _as_dict(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in Row.__slots__}


def summary(rows: list[Row], label: str) -> str:
    prompt = sum(row.prompt_tokens for row in rows) or 1
    return "\n".join(
        [
            f"{len(rows)} racy cases with a finding, {label}",
            f"repaired by a recipe        {sum(row.recipe for row in rows)}",
            f"repaired by the model       {sum(row.model for row in rows)}",
            f"by the model and no recipe  {sum(row.model and not row.recipe for row in rows)}",
            f"by neither                  {sum(not row.model and not row.recipe for row in rows)}",
            f"made worse                  {sum(row.worse for row in rows)}",
            f"attempts of the model       {sum(row.attempts for row in rows)}",
            f"prompt tokens decoded       {1 - sum(row.reused for row in rows) / prompt:.0%} of {prompt:,}",
            f"median seconds by the model {sorted(row.seconds for row in rows)[len(rows) // 2]:.0f}",
        ]
    )


if __name__ == "__main__":
    main()
