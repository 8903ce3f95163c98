"""A feature from a sentence: written by a model, or else taken from the catalogue, and offered only when it passed.

    retrieve ─▶ generate ─▶ parse ─▶ resolve ─▶ type-check ─▶ verify ─▶ the model's own tests in the sandbox ─▶ offer
                   ▲                                                          │ what is wrong, and the counterexample
                   └──────────────────────────────────────────────────────────┘ a bounded number of times

When no draft passes, or there is no model, the catalogue answers: a generator or a template, verified in the same way
and labelled as what it is. A model's draft has to have tests that passed where the catalogue has something better to
offer; elsewhere a draft that cannot be tested in the sandbox is offered as not tested. Nothing is written here.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from krepis.kernel.node import NodeError, find_node
from krepis.server.agents import prompts
from krepis.server.agents.check import Verdict, check
from krepis.server.agents.generate import RunTests, code_of, generate
from krepis.server.agents.imports import specifier
from krepis.server.agents.messages import (
    Ask,
    Cancellation,
    Chat,
    Completion,
    Message,
    OnText,
    Source,
    SourceError,
)
from krepis.server.agents.retrieve import NEAREST, nearest
from krepis.server.agents.sandbox import run_tests
from krepis.server.agents.types import TypeCheck
from krepis.server.index import facts
from krepis.server.run import text_of
from krepis.server.scaffold.answer import answered, is_ours
from krepis.server.scaffold.catalogue import ScaffoldError
from krepis.server.scaffold.generate import APP, registered
from krepis.server.scaffold.sdk import ARCHIVE, package
from krepis.server.scaffold.wanted import slug, stems, wanted
from krepis.twin.options import Options, SourceFile

By = Literal["model", "catalogue"]
MAX_TEST_TOKENS: Final = 600
TEST_TRIES: Final = 2
"""Times that a model is asked for tests that can be run."""
_SOURCES: Final = (".ts", ".mts", ".cts", ".tsx")


@dataclass(frozen=True, slots=True)
class Try:
    """What was tried, and what was against it; `step` is "" when nothing was."""

    by: By
    step: str
    message: str
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Whole files by their paths from the root. `verified`: the Twin explored everything. `tests` passed in the
    sandbox. `folder` is the project that they belong to; `alone`: it is a new one."""

    by: By
    label: str
    files: Mapping[str, bytes]
    verified: bool
    tests: int = 0
    folder: str = "."
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What can be offered, if anything, all that was tried, and why there is nothing."""

    offer: Offer | None
    tries: tuple[Try, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, and where: the program that is there, and where a model's file goes if that matters."""

    description: str
    files: tuple[SourceFile, ...]
    options: Options
    path: str | None = None
    attempts: int = 3
    types: TypeCheck | None = None

    @property
    def root(self) -> Path:
        return self.options.root


def by_model(
    wish: Wish,
    source: Source,
    *,
    cancellation: Cancellation | None = None,
    log: Callable[[str], None] = lambda line: None,
    on_text: OnText | None = None,
) -> Outcome:
    """What a model writes. Raises SourceError."""
    cancellation = cancellation or Cancellation()
    ours, name = is_ours(wish.root), slug(wish.description)
    path = wish.path or _free(wish, f"src/{name}/routes.ts" if ours else f"src/{name}.ts")
    around = _relevant(wish)
    tests = _Tests(wish, path, source, cancellation, log, on_text, ours)
    made = generate(
        wish.description,
        path,
        around,
        wish.options,
        source,
        wish.attempts,
        tests=tests,
        types=wish.types,
        hint=prompts.ROUTES if ours else "",
        program=wish.files,
        cancellation=cancellation,
        log=log,
        on_text=on_text,
    )
    tries = tuple(
        Try("model", *_against(draft.verdict, draft.failures), completion=draft.completion) for draft in made.drafts
    )
    if cancellation.cancelled:
        return Outcome(None, tries, "it was cancelled")
    if made.files is None:
        return Outcome(None, tries, f"nothing that {source.label} wrote passes")
    text = made.drafts[-1].text
    known = wanted(wish.description)
    if not tests.passed and ((known is not None and known.score > 0) or not made.drafts[-1].verdict.verified):
        return Outcome(None, tries, f"what {source.label} wrote could not be tested: {tests.problem}")
    files = {path: text}
    if tests.passed and (ours or _extensions(wish.root)):
        files[_free(wish, f"test/{name}.test.ts")] = _pruned(tests.text)
    if ours and (app := _registered(wish, path, text)) is not None:
        files[APP] = app
    verdict = _checked(wish, files)
    if not verdict.accepted:
        files = {path: text}  # what was said of it alone still holds
        verdict = _checked(wish, files)
    said = f"{tests.passed} generated tests passed" if tests.passed else f"not tested: {tests.problem}"
    label = f"written by {source.label}, {'verified' if verdict.verified else 'checked'}, {said}"
    encoded = {name: text.encode() for name, text in files.items()}
    return Outcome(Offer("model", label, encoded, verdict.verified, tests.passed), tries)


def by_catalogue(wish: Wish, log: Callable[[str], None] = lambda line: None) -> Outcome:
    """What the catalogue has for it: deterministic, no model is asked."""
    found = wanted(wish.description)
    if found is None:
        return Outcome(None, (), "the catalogue has nothing for it: krepis generate --list, krepis init --list")
    try:
        answer = answered(found, wish.root, slug(wish.description))
        files = dict(answer.files)
        log(f"catalogue: {answer.label}")
        if answer.alone:
            archive = ARCHIVE if answer.folder == "." else f"{answer.folder}/{ARCHIVE}"
            verdict = _checked_alone(wish, files)
            files[archive] = package(find_node())
        else:
            verdict = _checked(wish, {path: data.decode() for path, data in files.items()})
    except ScaffoldError as error:
        return Outcome(None, (), str(error))
    except NodeError as error:
        return Outcome(None, (), f"a project needs Node: {error}")
    if not verdict.accepted:
        step, message = _against(verdict, ())
        return Outcome(None, (Try("catalogue", step, message),), f"what the catalogue has does not pass: {message}")
    how = "verified" if verdict.verified else "checked: a bound was met"
    label = f"from the catalogue ({answer.label}), not written by a model, {how}"
    offer = Offer("catalogue", label, files, verdict.verified, 0, answer.folder, answer.alone)
    return Outcome(offer, (Try("catalogue", "", answer.label),))


def feature(
    wish: Wish,
    source: Source | None,
    *,
    cancellation: Cancellation | None = None,
    log: Callable[[str], None] = lambda line: None,
    on_text: OnText | None = None,
) -> Outcome:
    """What a model writes, or when nothing of it passes, what the catalogue has."""
    first = Outcome(None, ())
    if source is not None:
        try:
            first = by_model(wish, source, cancellation=cancellation, log=log, on_text=on_text)
        except SourceError as error:
            first = Outcome(None, (Try("model", "source", str(error)),), str(error))
        if first.offer is not None or (cancellation is not None and cancellation.cancelled):
            return first
        log(f"{first.problem}; falling back to the catalogue")
    second = by_catalogue(wish, log)
    problem = "; ".join(one for one in (first.problem, second.problem) if one)
    return Outcome(second.offer, (*first.tries, *second.tries), problem)


def _against(verdict: Verdict, failures: Sequence[str]) -> tuple[str, str]:
    """The step that has something against a draft, and what."""
    if verdict.reasons:
        return verdict.reasons[0].step, verdict.reasons[0].message
    if failures:
        return "tests", failures[0]
    return ("", "") if verdict.verified else ("verify", "a bound was met")


def own_tests(wish: Wish, path: str, source: Source, log: Callable[[str], None]) -> RunTests:
    """Tests that the model writes of its drafts of the file `path`, run in the sandbox."""
    return _Tests(wish, path, source, Cancellation(), log, None, is_ours(wish.root))


class _Tests:
    """Tests that the model writes of its own draft, run in the sandbox. `passed` counts those of the last draft."""

    def __init__(
        self,
        wish: Wish,
        path: str,
        source: Source,
        cancellation: Cancellation,
        log: Callable[[str], None],
        on_text: OnText | None,
        ours: bool,
    ) -> None:
        self._wish, self._path, self._source, self._ours = wish, path, source, ours
        self._cancellation, self._log, self._on_text = cancellation, log, on_text
        self._of: tuple[str, ...] = ()
        self.text, self.passed, self.problem = "", 0, "no tests were written"

    def __call__(self, program: Sequence[SourceFile]) -> Sequence[str]:
        file = next(file for file in program if file.path == self._path)
        names = tuple(
            s.name for s in facts(text_of(file), file.path).symbols
            if s.exported and not s.container and s.kind in ("class", "function", "constant", "variable", "enum")
        )  # fmt: skip
        self.passed = 0
        if not names:
            return ("it exports nothing that can be used",)
        if names != self._of:  # else what was written for the last draft is good for this one
            self._of = names if self._written(file, names, program) else ()
        if not self._of:
            return ()
        ran = run_tests(_texts(program, self._wish.root), self.text, path=_TEST)
        failures = [f"the test {name!r}: {problem}" for name, problem in ran.tests if problem]
        if ran.error:
            self.problem = ran.error
            self._of = ()
            return () if "cannot import" in ran.error else (f"run alone, it fails: {ran.error}",)
        if failures:
            self._of = () if len(failures) == len(ran.tests) else self._of  # then the tests may be what is wrong
            return failures
        self.passed = len(ran.tests)
        self._log(f"{self.passed} generated tests pass in the sandbox")
        return ()

    def _written(self, file: SourceFile, names: Sequence[str], program: Sequence[SourceFile]) -> bool:
        """Ask for tests until they can be run; whether there are any."""
        ending = ".ts" if self._ours or _extensions(self._wish.root) else ""
        head = prompts.test_head(f"{specifier(self._path, _TEST)}{ending}", names, ours=self._ours)
        request = prompts.test_request(self._wish.description, file.path, text_of(file), ours=self._ours)
        tries: list[tuple[str, Message]] = []
        for number in range(1, TEST_TRIES + 1):
            self._log(f"asking {self._source.label} for tests")
            ask = Ask(
                prompt=Chat(prompts.conversation(prompts.TESTS, request, tries), shared=1, opening=f"```ts\n{head}"),
                max_tokens=MAX_TEST_TOKENS,
                temperature=0.0 if number == 1 else 0.6,
                seed=number,
                stop=("\n```",),
            )
            answer = self._source.complete(ask, self._on_text, self._cancellation)
            if self._cancellation.cancelled:
                return False
            text = head + code_of(answer.text).removeprefix(head)
            after = (*program, SourceFile(_TEST, self._wish.root / _TEST, text))
            reasons = check(program, after, replace(self._wish.options, time_limit_s=0.1)).reasons
            wrong = [reason for reason in reasons if reason.step in ("safety", "parse", "resolve")]
            self.problem = wrong[0].message if wrong else "" if "test(" in text else "there is no test in it"
            if not self.problem:
                self.text = text
                return True
            tries.append((f"```ts\n{text}```", prompts.complaint(wrong)))
        return False


_TEST: Final = "test/generated.test.ts"


def _texts(program: Sequence[SourceFile], root: Path) -> dict[str, str]:
    """The program for the sandbox, with what the tests of a Krepis project share."""
    found = {file.path: text_of(file) for file in program}
    for shared in ("test/serve.ts",):
        if shared not in found and (root / shared).is_file():
            found[shared] = (root / shared).read_text(encoding="utf-8", errors="replace")
    return found


def _pruned(text: str) -> str:
    """A text without names that are imported and not used."""

    def used(line: re.Match[str]) -> str:
        names = [name for name in line[1].split(", ") if len(re.findall(rf"\b{re.escape(name)}\b", text)) > 1]
        return f"import {{ {', '.join(names)} }} from {line[2]}\n" if names else ""

    return re.sub(r"^import \{ ([\w, $]+) \} from (.+)\n", used, text, flags=re.MULTILINE)


def _relevant(wish: Wish) -> tuple[SourceFile, ...]:
    """The files of the program, those first that are near what is asked for in meaning, then those that share words."""
    near = list(dict.fromkeys(path for path, _ in nearest(wish.root, wish.description)))
    asked = stems(wish.description)

    def shared(file: SourceFile) -> int:
        return -len(asked & stems(re.sub(r"([a-z])([A-Z])", r"\1 \2", f"{file.path} {text_of(file)[:20_000]}")))

    ranks = {path: rank for rank, path in enumerate(near)}
    return tuple(sorted(wish.files, key=lambda file: (ranks.get(file.path, NEAREST), shared(file), file.path)))


def _free(wish: Wish, path: str) -> str:
    """`path`, or with a number where there is such a file."""
    stem, suffix = path.split(".", 1)
    names = [path, *(f"{stem}-{number}.{suffix}" for number in range(2, 1000))]
    return next(name for name in names if not (wish.root / name).exists())


def _extensions(root: Path) -> bool:
    """Whether imports of a project have the extension `.ts`."""
    try:
        return "allowImportingTsExtensions" in (root / "tsconfig.json").read_text(encoding="utf-8")
    except OSError:
        return False


def _registered(wish: Wish, path: str, text: str) -> str | None:
    """`src/app.ts` with the routes of the new file, where it has routes to register."""
    found = re.search(r"export function (\w+Routes)\b", text)
    app = wish.root / APP
    if found is None or not app.is_file():
        return None
    lines = f"import {{ {found[1]} }} from '{specifier(path, APP)}.ts';\n", f"  {found[1]}(app);\n"
    return registered(app.read_text(encoding="utf-8"), lines)


def _applied(wish: Wish, files: Mapping[str, str]) -> tuple[SourceFile, ...]:
    new = {path: text for path, text in files.items() if path.endswith(_SOURCES)}
    kept = [replace(file, text=new.pop(file.path)) if file.path in new else file for file in wish.files]
    return (*kept, *(SourceFile(path, wish.root / path, text) for path, text in sorted(new.items())))


def _checked(wish: Wish, files: Mapping[str, str]) -> Verdict:
    """What the gate says of the program with some files."""
    return check(wish.files, _applied(wish, files), wish.options, types=wish.types)


def _checked_alone(wish: Wish, files: Mapping[str, bytes]) -> Verdict:
    """What the gate says of a new project, which lies in a temporary folder meanwhile."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        sources = tuple(
            SourceFile(path, folder / path, data.decode()) for path, data in sorted(files.items())
            if path.endswith(_SOURCES) and "/test/" not in f"/{path}"
        )  # fmt: skip
        return check((), sources, replace(wish.options, root=folder, cache_dir=None))
