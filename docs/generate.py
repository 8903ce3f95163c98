"""Makes the reference pages and the VS Code settings from the program, so that they cannot disagree with it.

    python docs/generate.py          writes docs/reference/*.md, the lists of fixes in docs/rules/*.md and the
                                     settings in editors/vscode/package.json
    python docs/generate.py --check  exits with 1 when one of them is not up to date

The command line page comes from the click commands, the settings page from `krepis.server.config`, the page of
traffic files from `krepis.server.traffic`, the rules page from `krepis.twin.report.rules`. The pages below
`docs/rules/` are written by people, except for the list of fixes in each, which comes from `krepis.twin.fixes`.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from krepis.server.cli import krepis
from krepis.server.config import EDITOR_TABLES, FILE_NAME, LEVELS, TABLES, Setting
from krepis.server.tenants import TENANT, TOP
from krepis.server.traffic import TABLES as TRAFFIC_TABLES
from krepis.twin.findings import KINDS, Kind
from krepis.twin.fixes import remedies
from krepis.twin.report import RULE_OF

ROOT = Path(__file__).parents[1]
VSCODE = "editors/vscode/package.json"
FIXES = ("<!-- Made by docs/generate.py: fixes -->", "<!-- end of fixes -->")
NOTICE = "<!-- Made by docs/generate.py; do not edit. -->"


def pages() -> dict[str, str]:
    """The text of each file that is made, by its path from the root."""
    made = {"cli": _cli(), "settings": _settings(), "rules": _rules(), "simulate": _simulate()}
    text = {f"docs/reference/{name}.md": "\n".join([NOTICE, "", *lines]) + "\n" for name, lines in made.items()}
    for kind in KINDS:
        name = f"docs/rules/{kind}.md"
        text[name] = _with_fixes((ROOT / name).read_text(encoding="utf-8"), kind)
    return text | {VSCODE: _vscode((ROOT / VSCODE).read_text(encoding="utf-8"))}


def _cli() -> Iterator[str]:
    yield from ("# Command line", "")
    yield from ("`krepis --version` prints the version, `krepis COMMAND --help` what a command takes.", "")
    for name, command in _commands(krepis):
        parent = click.Context(
            krepis, info_name="krepis", help_option_names=krepis.context_settings["help_option_names"]
        )
        context = click.Context(command, info_name=name, parent=parent)
        yield from (f"## krepis {name}", "", "```")
        yield command.get_usage(context).removeprefix("Usage: ")
        yield from ("```", "")
        for paragraph in (command.help or "").split("\n\n"):
            if paragraph.lstrip(" ").startswith("\b\n"):
                yield from ("```", *(line.strip() for line in paragraph.splitlines()[1:]), "```", "")
            else:
                yield from (" ".join(paragraph.split()), "")
        yield from ("| Option | Meaning |", "| --- | --- |")
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None and not isinstance(parameter, click.Argument):
                yield f"| `{record[0].replace('|', chr(92) + '|')}` | {' '.join(record[1].split())} |"
        yield ""
    yield from ("## Exit status", "", "| Status | Meaning |", "| --- | --- |")
    yield "| 0 | nothing at or above `--fail-on` |"
    yield "| 1 | findings |"
    yield "| 2 | wrong usage or configuration |"
    yield "| 3 | Krepis itself failed on some input, which is named; the rest is still reported |"
    yield "| 4 | `krepis run`: the program failed |"
    yield "| 130 | interrupted; no report is written |"
    yield from ("", "## Streams and environment", "")
    yield "stdout carries only the report, stderr progress and messages."
    yield "A progress bar appears only on a terminal."
    yield "`NO_COLOR` switches colours off. Away from a terminal, text is plain and 100 columns wide."
    yield from ("", "## Baselines", "")
    yield "`krepis verify --baseline known.json --write-baseline` writes what is found now; commit the file."
    yield "`krepis verify --baseline known.json` then reports only what is new, and notes what is gone."
    yield "Findings are known by fingerprint, which does not change when other code does."


def _commands(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """The commands by name; those of a group inside it as `group command`."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", below) for inner, below in _commands(command))
        else:
            yield name, command


def _with_fixes(page: str, kind: Kind) -> str:
    """The page of a rule with the list of what Krepis may offer."""
    before, rest = page.split(FIXES[0])
    after = rest.split(FIXES[1])[1]
    lines = ["", "The editor and `krepis verify --fix` offer the first of these that hold when the edited program"]
    lines[-1] += " is verified again:"
    lines += ["", *(f"- {text}" for text in remedies(kind)), ""]
    return f"{before}{FIXES[0]}{chr(10).join(lines)}{chr(10)}{FIXES[1]}{after}"


def _settings() -> Iterator[str]:
    yield from ("# Settings", "")
    yield f"`{FILE_NAME}` is looked for in the current folder and above it, up to the root of the repository."
    yield "Paths in it are relative to it. Options of the command line win."
    yield "A key that does not exist is an error."
    yield "Editors have the same settings but those of `[run]`, as `krepis.verify.delayMs`; what the file says wins."
    for table, settings in TABLES.items():
        yield from ("", f"## [{table}]", "", "| Key | Type | Default | Meaning |", "| --- | --- | --- | --- |")
        for setting in settings:
            default = setting.default if " " in setting.default else f"`{setting.default}`"
            yield f"| `{setting.key}` | {_type(setting)} | {default} | {setting.text} |"
    yield from ("", "## Tenants", "", "The file of `krepis run --tenants`, at its top and in `[tenants.NAME]`:")
    for table, settings in (("", TOP), ("tenants.NAME", TENANT)):
        yield from ("", "| Key | Type | Default | Meaning |", "| --- | --- | --- | --- |")
        for setting in settings:
            default = setting.default if " " in setting.default or "`" in setting.default else f"`{setting.default}`"
            yield f"| `{table}{'.' if table else ''}{setting.key}` | {_type(setting)} | {default} | {setting.text} |"
    yield from ("", "## [rules]", "")
    yield f"Each rule can be given a level: {', '.join(f'`{level}`' for level in LEVELS)}."
    yield "Without one, the finding says how grave it is."
    yield from ("", "| Key | Rule |", "| --- | --- |")
    yield from (f"| `{rule.kind}` | [{rule.title}](../rules/{rule.kind}.md) |" for rule in RULE_OF.values())
    yield from ("", "## Example", "", "```toml")
    yield from ("[verify]", 'paths = ["src"]', 'exclude = ["*.test.ts"]', 'fail-on = "warning"')
    yield from ("", "[rules]", 'stale-read = "info"', "```")


def _simulate() -> Iterator[str]:
    yield from ("# Traffic files", "")
    yield "What `krepis simulate TRAFFIC.toml` reads; [how to use it](../simulate.md)."
    yield 'Times have a unit: `"250ms"`, `"1h30m"` (ns, us, ms, s, m, h, d).'
    yield "A distribution is a time, `{ mean }` (exponential), `{ from, to }` (uniform) or `{ median, p99 }`"
    yield "(lognormal)."
    yield "A key that does not exist is an error."
    for table, keys in TRAFFIC_TABLES.items():
        yield from ("", f"## [{table}]", "", "| Key | Type | Default | Meaning |", "| --- | --- | --- | --- |")
        for key in keys:
            default = key.default if " " in key.default or "`" in key.default else f"`{key.default}`"
            yield f"| `{key.key}` | {key.kind} | {default} | {key.text} |"


def _type(setting: Setting) -> str:
    if setting.type == "choice":
        return " or ".join(f"`{choice}`" for choice in setting.choices)
    return "list of strings" if setting.type == "strings" else setting.type


def _vscode(manifest: str) -> str:
    """The extension's manifest with the settings of all tables; those of the client alone stay as they are."""
    package = json.loads(manifest)
    properties = package["contributes"]["configuration"]["properties"]
    prefixes = ("krepis.rules", *(f"krepis.{table}." for table in EDITOR_TABLES))
    kept = {key: value for key, value in properties.items() if not key.startswith(prefixes)}
    made = {
        f"krepis.{table}.{setting.editor_key}": _vscode_property(setting)
        for table, settings in EDITOR_TABLES.items()
        for setting in settings
    }
    made["krepis.rules"] = {
        "scope": "resource",
        "type": "object",
        "default": {},
        "markdownDescription": "A level for each rule, as `[rules]` in `krepis.toml`.",
        "properties": {rule.kind: {"enum": list(LEVELS), "description": rule.title} for rule in RULE_OF.values()},
        "additionalProperties": False,
    }
    package["contributes"]["configuration"]["properties"] = kept | made
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def _vscode_property(setting: Setting) -> dict[str, Any]:
    """A setting as JSON schema. One whose default is in words may be null, which leaves it to the server."""
    try:
        default = tomllib.loads(f"value = {setting.default}")["value"]
    except tomllib.TOMLDecodeError:
        default = None
    shape: dict[str, Any] = {"scope": "resource", "default": default, "markdownDescription": setting.text}
    match setting.type:
        case "choice":
            return shape | {"enum": list(setting.choices)}
        case "strings":
            return shape | {"type": "array", "items": {"type": "string"}}
        case "integer" | "number":
            bound = "minimum" if setting.type == "integer" else "exclusiveMinimum"
            shape |= {bound: setting.minimum}
    return shape | {"type": setting.type if default is not None else [setting.type, "null"]}


def _rules() -> Iterator[str]:
    yield from ("# Rules", "", "| Rule | What it reports | What to do |", "| --- | --- | --- |")
    for rule in RULE_OF.values():
        yield f"| [{rule.title}](../rules/{rule.kind}.md) `{rule.code}` | {rule.what} | {rule.remedy} |"
    yield from ("", "A comment with a reason silences a rule on its own line or the next line of code:", "")
    yield from ("```ts", "// krepis-ignore lost-update: this process is the only writer", "```")
    yield from (
        "",
        "Without a reason nothing is silenced. Comments that silence nothing are reported as notes.",
    )


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which are not up to date."""
    stale = []
    for name, text in pages().items():
        file = ROOT / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                file.parent.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8")
    if stale:
        print(
            f"{'not up to date' if '--check' in arguments else 'written'}: {', '.join(stale)}",
            file=sys.stderr,
        )
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
