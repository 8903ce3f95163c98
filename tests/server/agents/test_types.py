"""The project's own TypeScript, a real one, as a judge: only what a change brought counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.server.agents.check import check
from krepis.server.agents.types import compiler_of, type_check
from krepis.twin.options import Options
from packages import installed
from programs import PROGRAM, WALLET, files, with_method

CONFIG = '{ "compilerOptions": { "strict": true, "target": "es2022", "module": "nodenext", "types": [] } }'


@pytest.fixture(scope="module", params=["5.9", "7.0"])
def project(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A project with TypeScript in node_modules, each version of which is installed once for a machine."""
    root = tmp_path_factory.mktemp("project")
    (root / "node_modules").symlink_to(installed(f"typescript@{request.param}"))
    (root / "tsconfig.json").write_text(CONFIG)
    return root


def test_errors_that_a_change_brings_and_no_others(project: Path) -> None:
    judge = type_check(project)
    assert judge is not None
    old = {**PROGRAM, "src/wallet.ts": WALLET + "export const wrong: string = 1;\n"}
    wrong = with_method("\n  half(id: string): string { return this.balance(id) / 2; }\n}\n")
    new = {**PROGRAM, "src/wallet.ts": wrong + "export const wrong: string = 1;\n"}
    before, after = files(old, project), files(new, project)

    ((path, line, message),) = judge(before, after, after[:1])
    assert (path, line) == ("src/wallet.ts", wrong[: wrong.index("return this.balance(id) / 2")].count("\n") + 1)
    assert message == "TS2322: Type 'number' is not assignable to type 'string'."
    assert judge(before, before, before) == ()


def test_what_the_project_has_besides_its_texts(project: Path) -> None:
    """Declarations, an inherited configuration, and a file that is new."""
    (project / "src").mkdir(exist_ok=True)
    (project / "src" / "globals.d.ts").write_text("declare const BUILD: string;\n")
    (project / "data.json").write_text('{ "a": 1 }')
    judge = type_check(project)
    assert judge is not None
    new = "import './globals.d.ts';\nimport { Wallet } from './wallet';\nexport const a: string = BUILD;\n"
    new += "export const b: number = Wallet;\n"
    before, after = files(PROGRAM, project), files({**PROGRAM, "src/new.ts": new}, project)
    ((path, line, message),) = judge(before, after, [file for file in after if file.path == "src/new.ts"])
    assert (path, line) == ("src/new.ts", 4) and message.startswith("TS2322")
    assert not (project / "src" / "new.ts").exists()


def test_the_gate_asks_it(project: Path) -> None:
    wrong = {
        **PROGRAM,
        "src/wallet.ts": with_method("\n  half(id: string): string { return this.balance(id) / 2; }\n}\n"),
    }
    options = Options(root=project, jobs=1)
    before, after = files(PROGRAM, project), files(wrong, project)
    assert [r.step for r in check(before, after, options, types=type_check(project)).reasons] == ["types"]
    assert check(before, after, options).accepted


def test_a_project_without_typescript(tmp_path: Path) -> None:
    assert compiler_of(tmp_path) is None
    assert type_check(tmp_path) is None
