"""`krepis generate --ai` without a model: what the catalogue gives for a sentence works over HTTP."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from krepis.server.scaffold.answer import answered
from krepis.server.scaffold.wanted import wanted
from workshop import Workshop

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "generate", "--by", "catalogue"]
EVERY = [
    ("로그인 기능 만들어줘", ""),
    ("이름, 가격, 재고가 있는 상품 관리", "crud"),
    ("a webhook receiver", ""),
    ("job queue", ""),
    ("money transfers", ""),
    ("파일 업로드", ""),
    ("rate limit", ""),
    ("채팅방", ""),
    ("server-sent events feed", ""),
    ("event sourcing of a shopping cart", ""),
    ("graphql api", ""),
    ("saas with tenants", ""),
    ("nightly report job", "rest"),
    ("CRUD for orders with total, due date and note", ""),
    ("websocket for prices", "rest"),
    ("logging middleware", "crud"),
    ("로그인 기능 만들어줘", "crud"),
]
SENTENCES = EVERY if os.environ.get("KREPIS_SOAK") else EVERY[:1]


@pytest.mark.parametrize(("sentence", "template"), SENTENCES)
def test_what_a_sentence_gives_passes_its_http_tests(workshop: Workshop, sentence: str, template: str) -> None:
    folder = workshop.folder / f"wish.{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        if template:
            kept = shutil.ignore_patterns(".data", ".krepis")
            shutil.copytree(workshop.folder / template, folder, symlinks=True, ignore=kept)
        else:
            folder.mkdir()
        done = subprocess.run([*COMMAND, "--yes", "--ai", sentence], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0 and "not written by a model" in done.stderr, done.stderr
        made = next((f.parent for f in folder.glob("*/package.json") if f.parent.name != "node_modules"), folder)
        if not (folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(workshop.folder / "node_modules")
        assert workshop.types(made) == ""
        tests = workshop.run("--test", "test/**/*.test.ts", cwd=made)
        assert tests.returncode == 0 and "pass 0" not in tests.stdout, tests.stdout
        report = workshop.verified(made)
        assert (report.findings, report.failures) == ((), ())
    finally:
        shutil.rmtree(folder)


def test_a_generator_goes_into_the_project_that_is_there(workshop: Workshop) -> None:
    found = wanted("이름과 가격이 있는 상품 관리")
    assert found is not None
    answer = answered(found, workshop.folder / "crud", "product")
    assert not answer.alone and {"src/products/routes.ts", "test/products.test.ts"} <= set(answer.files)
    assert "productsRoutes(app, new ProductTable(db));" in answer.files["src/app.ts"].decode()


def test_a_project_keeps_what_it_has(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "auth").mkdir()
    (tmp_path / "login").mkdir()
    done = subprocess.run([*COMMAND, "--yes", "--ai", "login"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "login is there already" in done.stderr
    assert not any((tmp_path / "login").iterdir())
