"""Runs the tasks with a model, and reports what came of them.

    python benchmarks/ai/run.py [--model NAME | --endpoint URL] [--attempts N] [--language en|ko|both]
                                [--only TASK,...] [--kind KIND] [--full] [--own-tests] [--json FILE]

With `--full` the model is shown all of the program instead of its signatures; the program is then, as without it, the
task's own files and the example shop, so that there is something to leave out. With `--own-tests` the loop also lets
the model write tests, as `krepis generate --ai` does. For each task: whether the first draft parses and resolves,
passes the Twin, and passes the hidden tests; whether what the loop proposes does (the Twin and the names always, by
construction); how many of the names that it wrote do not exist; times and tokens. Hidden tests decide, and are never
shown to the model.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from krepis.server.agents.feature import Wish, own_tests
from krepis.server.agents.generate import Generated, bodies, generate, signatures
from krepis.server.agents.messages import Source
from krepis.server.agents.sandbox import run_tests
from krepis.server.agents.source import open_source
from krepis.server.config import AiSettings
from krepis.server.run import text_of
from krepis.twin.options import Options, SourceFile
from tasks import TASKS, Task

ROOT = Path("/project")
SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"


@dataclass(frozen=True, slots=True)
class Row:
    task: str
    language: str
    drafts: int
    first_compiles: bool
    first_twin: bool
    last_twin: bool
    proposed: bool
    tests: bool
    overlapping: bool
    names: int
    invented: int
    first_token_s: float
    total_s: float
    prompt_tokens: int
    reused: int
    generated: int
    characters_lazy: int
    characters_full: int


def measured(task: Task, language: str, source: Source, attempts: int, *, full: bool, tested: bool) -> Row:
    files = tuple(SourceFile(path, ROOT / path, text) for path, text in task.files.items())
    around = (*files, *shop())
    description = task.english if language == "en" else task.korean
    options = Options(root=ROOT, jobs=1)
    done = generate(
        description,
        task.path,
        around,
        options,
        source,
        attempts,
        tests=own_tests(Wish(description, files, options, task.path), task.path, source, print) if tested else None,
        shown=bodies(around, task.path) if full else None,
        program=files,
        log=print,
    )
    first = done.drafts[0]
    steps = {reason.step for reason in first.verdict.reasons}
    told = [draft.completion for draft in done.drafts]
    return Row(
        task.name,
        language,
        len(done.drafts),
        not steps & {"safety", "parse", "resolve", "types"},
        first.verdict.accepted and first.verdict.verified,
        done.drafts[-1].verdict.accepted,
        done.files is not None,
        _passes(done, task.tests),
        _passes(done, task.overlapping),
        sum(draft.verdict.looked_at for draft in done.drafts),
        sum(draft.verdict.invented for draft in done.drafts),
        first.completion.first_s,
        sum(completion.total_s for completion in told),
        sum(completion.prompt_tokens for completion in told),
        sum(completion.reused for completion in told),
        sum(completion.generated for completion in told),
        len(signatures(around, task.path)),
        len(bodies(around, task.path)),
    )


def shop() -> tuple[SourceFile, ...]:
    """The example shop, which is shown beside a task's own files."""
    found = (file.relative_to(SHOP).as_posix() for file in sorted(SHOP.glob("src/**/*.ts")))
    return tuple(SourceFile(f"shop/{path}", ROOT / "shop" / path, (SHOP / path).read_text("utf-8")) for path in found)


def _passes(done: Generated, tests: str) -> bool:
    if done.files is None:
        return False
    return run_tests({file.path: text_of(file) for file in done.files}, tests).passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--attempts", type=int, default=3)
    parser.add_argument("--language", choices=["en", "ko", "both"], default="both")
    parser.add_argument("--endpoint")
    parser.add_argument("--only", default="")
    parser.add_argument("--kind")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--own-tests", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    source = open_source(AiSettings(model=arguments.model, endpoint=arguments.endpoint))
    only = set(filter(None, arguments.only.split(",")))
    tasks = [task for task in TASKS if (not only or task.name in only) and arguments.kind in (None, task.kind)]
    languages = ["en", "ko"] if arguments.language == "both" else [arguments.language]
    rows: list[Row] = []
    for language in languages:
        for task in tasks:
            full, tested = arguments.full, arguments.own_tests
            rows.append(measured(task, language, source, arguments.attempts, full=full, tested=tested))
            print(rows[-1], flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    source.close()
    print(report(rows, source.label))


def report(rows: list[Row], label: str) -> str:
    def share(what: str, count: int, of: int = len(rows)) -> str:
        return f"{what:42} {count:4} of {of}"

    proposed = [row for row in rows if row.proposed]
    median = sorted(row.total_s for row in rows)[len(rows) // 2]
    first = sorted(row.first_token_s for row in rows)[len(rows) // 2]
    prompt = sum(row.prompt_tokens for row in rows)
    return "\n".join(
        [
            f"{len(rows)} tasks, {label}",
            share("first draft: names and syntax are right", sum(row.first_compiles for row in rows)),
            share("first draft: passes the Twin", sum(row.first_twin for row in rows)),
            share("last draft: passes the Twin", sum(row.last_twin for row in rows)),
            share("proposed by the loop (passes the Twin)", len(proposed)),
            share("proposed: hidden tests pass", sum(row.tests for row in proposed), len(proposed)),
            share("proposed: overlapping calls pass", sum(row.overlapping for row in proposed), len(proposed)),
            share("names, imports, members invented", sum(row.invented for row in rows), sum(r.names for r in rows)),
            f"{'median seconds to the first token, in all':42} {first:.1f}, {median:.0f}",
            f"{'prompt tokens, decoded anew':42} {prompt:,}, {prompt - sum(row.reused for row in rows):,}",
            f"{'characters of context, lazy and full':42} {sum(row.characters_lazy for row in rows):,}, "
            f"{sum(row.characters_full for row in rows):,}",
        ]
    )


if __name__ == "__main__":
    main()
