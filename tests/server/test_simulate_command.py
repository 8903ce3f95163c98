"""`krepis simulate` as a user runs it, and what it says about files that cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from krepis.server.config import ConfigError
from krepis.server.traffic import read_traffic
from krepis.twin.simulation import MILLISECOND, SECOND, Law, Piece

SHOP = Path(__file__).parents[2] / "examples" / "shop"
COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "simulate"]
SMALL = """
[simulation]
duration = "10s"

[routes."GET /a"]
cpu = "1ms"

[[traffic]]
rate = 50
"""
WALLET = """
import { Pool } from 'pg';
const pool = new Pool();

export class Wallet {
  private balances = new Map<string, number>();

  async credit(id: string, cents: number): Promise<void> {
    await this.#add(id, cents);
  }

  async #add(id: string, cents: number): Promise<void> {
    const before = this.balances.get(id) ?? 0;
    await pool.query('SELECT limits FROM account WHERE id = $1', [id]);
    this.balances.set(id, before + cents);
  }

  async look(id: string): Promise<number> {
    await pool.query('SELECT 1');
    await fetch('https://example.test/');
    return this.balances.get(id) ?? 0;
  }
}
export const wallet = new Wallet();
"""
RACY = """
[simulation]
duration = "60s"
project = "wallet.ts"

[dependencies.postgres]
calls = ["pg"]
latency = "20ms"

[keys.account]
count = 20

[routes."POST /credit/:id"]
handler = "wallet.ts:Wallet.credit"
key = "account"

[routes."GET /look/:id"]
handler = "wallet.ts:Wallet.look"
key = "account"

[[traffic]]
rate = 60
"""


def krepis(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_races_are_counted_as_often_as_handlers_overlap(tmp_path: Path) -> None:
    (tmp_path / "wallet.ts").write_text(WALLET, encoding="utf-8")
    (tmp_path / "traffic.toml").write_text(RACY, encoding="utf-8")
    ran = krepis(tmp_path, "traffic.toml", "--json", "--html", "page.html")
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert [d["dependency"] for d in report["dependencies"]] == ["postgres"]
    assert report["dependencies"][0]["operations"] == report["totals"]["requests"]  # one query in each handler
    (race,) = report["races"]
    assert (race["rule"], race["file"], race["line"]) == ("krepis/race/lost-update", "wallet.ts", 15)
    assert [(m["route"], m["other"]) for m in race["meetings"]] == [("POST /credit/:id",) * 2]
    credits = next(r["requests"] for r in report["routes"] if r["route"] == "POST /credit/:id")
    assert race["times"] == pytest.approx(credits * 30 * 0.02 / 20, rel=0.5)
    assert report["notes"] == [
        "GET /look/:id awaits fetch(), which is the call of no dependency: it takes no time here."
    ]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Could happen" in page and "lost-update" in page
    again = krepis(tmp_path, "traffic.toml", "--json")
    assert again.stdout == ran.stdout
    assert krepis(tmp_path, "traffic.toml", "--json", "--seed", "2").stdout != ran.stdout


def test_the_shop_is_simulated_with_what_its_handlers_await(tmp_path: Path) -> None:
    text = (SHOP / "traffic.toml").read_text(encoding="utf-8").replace('"2h"', '"20s"').replace('"src', f'"{SHOP}/src')
    (tmp_path / "traffic.toml").write_text(text, encoding="utf-8")
    ran = krepis(tmp_path, "traffic.toml", "--no-verify")
    assert ran.returncode == 0, ran.stderr
    assert "web: POST /orders/:id/payment" in ran.stdout
    operations = {
        line.split()[0]: line.split()[1] for line in ran.stdout.split("Dependency")[1].splitlines()[1:] if line
    }
    assert set(operations) == {"postgres", "redis", "payments", "password-hash"}
    assert "0" not in operations.values()


def read(folder: Path, text: str) -> object:
    file = folder / "t.toml"
    file.write_text(text, encoding="utf-8")
    return read_traffic(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('duration = "10s"', 'duration = "10"', 't.toml:3: simulation.duration: must be a time with a unit'),
        ('duration = "10s"', "", "t.toml:2: simulation: has no duration; write duration ="),
        ("[simulation]", "[simulaton]", "there is no such table; did you mean 'simulation'?"),
        ('cpu = "1ms"', 'cpus = "1ms"', "t.toml:6: routes.\"GET /a\".cpus: there is no such key; did you mean 'cpu'?"),
        ('cpu = "1ms"', 'cpu = { median = "2ms", p99 = "1ms" }', "the first time must be the lesser"),
        ('cpu = "1ms"', 'awaits = ["db"]', "there is no [dependencies.db]; there is none"),
        ('cpu = "1ms"', 'handler = "no.ts:f"', "t.toml:6: routes.\"GET /a\".handler: there is no file no.ts"),
        ('"GET /a"', '"FETCH /a"', "t.toml:5: routes.\"FETCH /a\": a route is called as \"GET /path\""),
        ("rate = 50", "", "t.toml:8: traffic[1]: has no rate; write rate = 100"),
        ("rate = 50", "rate = -1", "t.toml:9: traffic[1].rate: must be a number of at least 0"),
        ("rate = 50", 'rate = 5\nclients = "fast"', "t.toml:10: traffic[1].clients: 'fast' is unknown"),
        ("rate = 50", "rate = 5\npipeline = 4", 't.toml:10: traffic[1].pipeline: is for clients = "pipelining"'),
        ("rate = 50", 'rate = 5\nroutes = { "GET /b" = 1 }', "there is no [routes.\"GET /b\"]; did you mean 'GET /a'?"),
        ("rate = 50", "rate = = 5", "this is no TOML"),
    ],
)  # fmt: skip
def test_errors_say_what_where_and_what_to_do(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALL
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, SMALL.replace(old, new))
    assert said in str(caught.value)


def test_usage_errors_have_a_status_and_no_stack_trace(tmp_path: Path) -> None:
    (tmp_path / "wallet.ts").write_text(WALLET, encoding="utf-8")
    (tmp_path / "t.toml").write_text(RACY.replace("Wallet.credit", "Wallet.debit"), encoding="utf-8")
    (tmp_path / "same.toml").write_text(SMALL + '[routes."GET /:x"]\n[routes."GET /:y"]\n', encoding="utf-8")
    for arguments, status, said in (
        (["t.toml"], 2, "wallet.ts has no entry point 'Wallet.debit'; it has 'Wallet.credit', 'Wallet.look'"),
        (["none.toml"], 2, "does not exist"),
        (["same.toml"], 3, "malformed or conflicts with another"),
        (["same.toml", "--html", "no/where.html"], 2, "no such folder"),
    ):
        ran = krepis(tmp_path, *arguments)
        assert ran.returncode == status
        assert said in ran.stderr.replace("\n", " ")
        assert "Traceback" not in ran.stderr


def test_rates_are_ramps_with_bursts_on_top(tmp_path: Path) -> None:
    text = SMALL.replace(
        "rate = 50",
        'rate = [{ at = "2s", rate = 10 }, { at = "8s", rate = 70 }]\n'
        'bursts = { every = "5s", length = "1s", rate = 100 }',
    )
    traffic = read(tmp_path, text)
    pieces = traffic.plan.streams[0].pieces  # type: ignore[attr-defined]
    assert pieces == (
        Piece(0, SECOND, 110, 110),
        Piece(SECOND, 2 * SECOND, 10, 10),
        Piece(2 * SECOND, 5 * SECOND, 10, 40),
        Piece(5 * SECOND, 6 * SECOND, 140, 150),
        Piece(6 * SECOND, 8 * SECOND, 50, 70),
        Piece(8 * SECOND, 10 * SECOND, 70, 70),
    )


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ('"1m30s"', Law("constant", 90 * SECOND)),
        ('"1.5 ms"', Law("constant", 1.5 * MILLISECOND)),
        ('{ mean = "2ms" }', Law("exponential", 2 * MILLISECOND)),
        ('{ from = "1ms", to = "2ms" }', Law("uniform", MILLISECOND, 2 * MILLISECOND)),
        ('{ p99 = "2ms", median = "2ms" }', Law("lognormal", 2 * MILLISECOND, 0.0)),
    ],
)
def test_distributions(tmp_path: Path, text: str, law: Law) -> None:
    traffic = read(tmp_path, SMALL.replace('"1ms"', text))
    assert traffic.plan.routes[0].cpu == law  # type: ignore[attr-defined]
