"""Settings of a project: `krepis.toml`, and `krepis.*` in an editor.

The file is looked for from the current folder upwards, as far as the root of the repository. Each setting
is one entry of `VERIFY_SETTINGS`, from which reading, checking and the reference page are made. A key that
does not exist, or a value of the wrong type, is an error that names the file, the line and the nearest
valid key: a setting that is silently ignored makes a verifier untrustworthy.

Command line options win over settings, settings over defaults. An editor's settings (`krepis.verify.delayMs` is
`delay-ms` of `[verify]`) fill in what the file does not say; they never win over it, so that everybody who has the
file sees what the build sees. Deliberately absent: settings in `package.json` or from the environment.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from krepis.twin.findings import KINDS, SEVERITIES, Kind, Severity
from krepis.twin.options import Options

FILE_NAME: Final = "krepis.toml"
FAIL_ON: Final = ("error", "warning", "never")
Level = Severity | Literal["off"]
LEVELS: Final[tuple[str, ...]] = (*SEVERITIES, "off")
DEFAULTS: Final = Options(root=Path("/"))


class ConfigError(ValueError):
    """`krepis.toml` cannot be used; the message names the file, the line and what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a table: its type, default and documentation.

    `type` is "integer", "number", "string", "boolean", "strings" or "choice" (one of `choices`). `minimum`
    applies to numbers. `default` is as the reference page shows it, in TOML.
    """

    key: str
    type: Literal["integer", "number", "string", "boolean", "strings", "choice"]
    default: str
    text: str
    choices: tuple[str | int, ...] = ()
    minimum: int = 1

    @property
    def editor_key(self) -> str:
        """The key as editors write it: `delayMs`."""
        first, *others = self.key.split("-")
        return first + "".join(map(str.capitalize, others))


VERIFY_SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("paths", "strings", '["."]', "Files and folders to verify when the command line names none."),
    Setting(
        "exclude",
        "strings",
        "[]",
        "Patterns of files to leave out, as in `.gitignore`.",
    ),
    Setting("javascript", "boolean", "false", "Whether folders are searched for JavaScript files too."),
    Setting("fail-on", "choice", '"error"', "The least severity that makes the exit status 1.", FAIL_ON),
    Setting("max-states", "integer", f"{DEFAULTS.max_states}", "The most states explored in one scenario."),
    Setting(
        "time-limit",
        "number",
        f"{DEFAULTS.time_limit_s}",
        "The most seconds for one entry point.",
        minimum=0,
    ),
    Setting("calls", "choice", f"{DEFAULTS.calls}", "How many calls run at once in a scenario.", (2, 3)),
    Setting("jobs", "integer", "one per core", "The most worker processes."),
    Setting("baseline", "string", "none", "A file of known findings that are not reported again."),
    Setting("models", "strings", "[]", "Folders with models of your own libraries."),
    Setting("cache", "boolean", "true", "Whether results are kept in `.krepis/cache` for the next run."),
    Setting("run", "choice", '"onType"', "When an editor verifies.", ("onType", "onSave", "manual")),
    Setting("delay-ms", "integer", "300", "Milliseconds without an edit before an editor verifies.", minimum=0),
)

EDITOR_SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("code-lens", "boolean", "true", "Whether entry points show their status above them."),
    Setting("inlay-hints", "boolean", "false", "Whether the points where other calls can run are marked in the code."),
)

RUN_SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("entry", "string", "found", "The file that `krepis run` starts, relative to the folder that it runs."),
    Setting("node", "string", "found", "The program of Node, unless `KREPIS_NODE` names one."),
    Setting("host", "string", "what the program says", "The address to listen on."),
    Setting("port", "integer", "what the program says", "The port to listen on.", minimum=0),
    Setting("workers", "integer", "1", "Processes that share the port."),
    Setting("tls-cert", "string", "none", "A file in PEM with the certificate and its chain: connections are TLS."),
    Setting("tls-key", "string", "none", "A file in PEM with the private key of the certificate."),
)

AI_SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "completion",
        "choice",
        '"off"',
        "When an editor completes code from the model: while you type, only when asked, or never.",
        ("onType", "manual", "off"),
    ),
    Setting("delay-ms", "integer", "250", "Milliseconds without an edit before the model is asked.", minimum=0),
    Setting("attempts", "integer", "3", "The most times that the model is asked for one repair or one feature."),
    Setting("model", "string", "chosen with `krepis model use`", "The installed model that is used."),
    Setting("endpoint", "string", "none", "The address of an OpenAI-compatible server, used instead of a model here."),
    Setting("endpoint-model", "string", "the server's only one", "The model that the server is asked for."),
    Setting("context", "integer", "8192", "Tokens that a model here can look at, for all requests together."),
    Setting("threads", "integer", "one less than cores", "Threads of a model here."),
    Setting("gpu-layers", "integer", "0", "Layers of the model that are put on a GPU.", minimum=0),
    Setting("memory-mb", "integer", "no limit", "Megabytes that the inference process may use."),
)

EDITOR_TABLES: Final[Mapping[str, tuple[Setting, ...]]] = {
    "verify": VERIFY_SETTINGS,
    "editor": EDITOR_SETTINGS,
    "ai": AI_SETTINGS,
}
"""The settings that an editor can give too."""
TABLES: Final[Mapping[str, tuple[Setting, ...]]] = {**EDITOR_TABLES, "run": RUN_SETTINGS}
"""All settings by table, but for `[rules]`, which has a level for each rule."""


@dataclass(frozen=True, slots=True)
class AiSettings:
    """The table `[ai]`. A None means that the file does not say."""

    completion: Literal["onType", "manual", "off"] = "off"
    delay_ms: int = 250
    attempts: int = 3
    model: str | None = None
    endpoint: str | None = None
    endpoint_model: str | None = None
    context: int = 8192
    threads: int | None = None
    gpu_layers: int = 0
    memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What `krepis.toml` says. `root` is its folder; without one, the nearest package in the repository.

    Paths (`models`, `baseline`, `tls_cert`, `tls_key`, and `paths`) are absolute. A None means that the file does not
    say.
    """

    root: Path
    file: Path | None = None
    paths: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    javascript: bool = False
    fail_on: str = "error"
    max_states: int = DEFAULTS.max_states
    time_limit: float = DEFAULTS.time_limit_s
    calls: Literal[2, 3] = DEFAULTS.calls
    jobs: int | None = None
    baseline: Path | None = None
    models: tuple[Path, ...] = ()
    cache: bool = True
    run: Literal["onType", "onSave", "manual"] = "onType"
    delay_ms: int = 300
    code_lens: bool = True
    inlay_hints: bool = False
    entry: str | None = None
    node: str | None = None
    host: str | None = None
    port: int | None = None
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    ai: AiSettings = AiSettings()
    rules: Mapping[Kind, Level] = field(default_factory=dict)


Values = Mapping[str, Mapping[str, Any]]
"""Settings as a file has them: table, key, value."""


def find_settings(current: Path, editor: Values | None = None) -> Settings:
    """The settings that apply in the absolute folder `current`; defaults when there is no file.

    `editor` are an editor's settings (`editor_values`). Raises ConfigError when there is a file that cannot be used.
    """
    above = _folders_of_repository(current)
    for folder in above:
        if (folder / FILE_NAME).is_file():
            return read_settings(folder / FILE_NAME, editor)
    packages = (folder for folder in above if (folder / "package.json").is_file())
    return _settings(next(packages, current), None, editor or {})


def _folders_of_repository(current: Path) -> list[Path]:
    """`current` and the folders above it up to the repository's root; only `current` outside a repository."""
    folders = [current, *current.parents]
    for index, folder in enumerate(folders):
        if (folder / ".git").exists():
            return folders[: index + 1]
    return [current]


def read_settings(file: Path, editor: Values | None = None) -> Settings:
    """The settings in `file`, filled in from an editor's. Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: nested too deeply") from error
    _check_keys(file, text, document, "", (*TABLES, "rules"))
    tables = {name: _table(file, text, document, name) for name in (*TABLES, "rules")}
    for name, known in TABLES.items():
        check_table(file, text, name, tables[name], known)
    _check_keys(file, text, tables["rules"], "rules", KINDS)
    for kind, level in tables["rules"].items():
        if level not in LEVELS:
            raise ConfigError(f"{_at(file, text, 'rules', kind)}: {kind} must be one of {_listed(LEVELS)}")
    given = editor or {}
    merged = {name: {**given.get(name, {}), **table} for name, table in tables.items()}
    return _settings(file.parent, file, merged)


def check_table(file: Path, text: str, name: str, table: Mapping[str, Any], known: tuple[Setting, ...]) -> None:
    """Raises ConfigError for a key that is none of `known`, or a value that is not right; `name` is the table's."""
    _check_keys(file, text, table, name, tuple(setting.key for setting in known))
    for setting in known:
        if setting.key in table and (problem := _problem(setting, table[setting.key])):
            raise ConfigError(f"{_at(file, text, name, setting.key)}: {setting.key} {problem}")


def editor_values(configuration: object) -> tuple[Values, list[str]]:
    """The settings in an editor's `krepis` section, and what is wrong with the others, which are left out.

    Keys that are not the server's (the path of the program, say) are nobody's mistake.
    """
    values: dict[str, dict[str, Any]] = {}
    problems = []
    sections = configuration if isinstance(configuration, dict) else {}
    for name, known in EDITOR_TABLES.items():
        section = sections.get(name)
        given = section if isinstance(section, dict) else {}
        for setting in known:
            value = given.get(setting.editor_key)
            if value is None or value == "":
                continue
            if problem := _problem(setting, value):
                problems.append(f"krepis.{name}.{setting.editor_key} {problem}")
            else:
                values.setdefault(name, {})[setting.key] = value
    rules = sections.get("rules")
    for kind, level in rules.items() if isinstance(rules, dict) else ():
        if kind in KINDS and level in LEVELS:
            values.setdefault("rules", {})[kind] = level
        else:
            problems.append(f"krepis.rules.{kind}: rules are {_listed(KINDS)}; levels {_listed(LEVELS)}")
    return values, problems


def _settings(root: Path, file: Path | None, tables: Values) -> Settings:
    rules: Mapping[Kind, Level] = tables.get("rules", {})  # type: ignore[assignment]
    values = {_field(key): v for name in TABLES if name != "ai" for key, v in tables.get(name, {}).items()}
    ai = AiSettings(**{_field(key): v for key, v in tables.get("ai", {}).items()})
    for key in ("paths", "models"):
        if key in values:
            values[key] = tuple(root / path for path in values[key])
    if "exclude" in values:
        values["exclude"] = tuple(values["exclude"])
    for key in ("baseline", "tls_cert", "tls_key"):
        if key in values:
            values[key] = root / values[key]
    return Settings(root=root, file=file, rules=dict(rules), ai=ai, **values)


def _field(key: str) -> str:
    return key.replace("-", "_")


def _table(file: Path, text: str, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{_at(file, text, '', name)}: {name} must be a table: [{name}]")
    return table


def _check_keys(file: Path, text: str, table: Mapping[str, Any], name: str, known: Iterable[str]) -> None:
    names = list(known)
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {_listed(names)}"
            where = f" in [{name}]" if name else ""
            raise ConfigError(f"{_at(file, text, name, key)}: unknown key {key!r}{where}; {hint}")


def _problem(setting: Setting, value: object) -> str:
    """What is wrong with a value, or nothing."""
    match setting.type:
        case "integer":
            right = type(value) is int and value >= setting.minimum
            return "" if right else f"must be a whole number of at least {setting.minimum}"
        case "number":
            right = type(value) in (int, float) and setting.minimum < value < float("inf")  # type: ignore[operator]
            return "" if right else f"must be a number above {setting.minimum}"
        case "boolean":
            return "" if type(value) is bool else "must be true or false"
        case "string":
            return "" if isinstance(value, str) and value else "must be a string"
        case "strings":
            right = isinstance(value, list) and all(isinstance(item, str) for item in value)
            return "" if right else "must be a list of strings"
        case "choice":
            right = type(value) is not bool and value in setting.choices
            return "" if right else f"must be one of {_listed(setting.choices)}"


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _at(file: Path, text: str, table: str, key: str) -> str:
    """`file:line` of a key, found by its text; `file` alone when the key is written in an unusual way."""
    current = ""
    wanted = re.compile(rf"""\s*(?:["']?{re.escape(key)}["']?\s*[=.]|\[\s*["']?{re.escape(key)}["']?[\].])""")
    for number, line in enumerate(text.splitlines(), start=1):
        if current == table and wanted.match(line):
            return f"{file}:{number}"
        if header := re.match(r"\s*\[+\s*([\w.-]+)", line):
            current = header[1]
    return str(file)
