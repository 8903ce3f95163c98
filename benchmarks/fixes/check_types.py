"""Says whether fixed programs still type-check: `run.py --out FOLDER` first, then check_types.py FOLDER.

A fix must not bring a compiler error that the program before it does not have. TypeScript (strict) and the types of
the libraries come from npm, into FOLDER; what has no types there (a generated Prisma client, modules that the programs
only mention) is unknown to the compiler before and after alike. Exits with 1 when a fix brings an error.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

PACKAGES = [
    "typescript@5.9.3",
    "@types/node@24",
    "@types/express@5",
    "@nestjs/common@11",
    "@types/pg@8",
    "ioredis@5",
    "mysql2@3",
    "async-mutex@0.5",
    "@types/async-lock@1",
    "typeorm@0.3",
    "sequelize@6",
    "mongoose@8",
    "knex@3",
    "kysely@0.28",
    "drizzle-orm@0.44",
    "fastify@5",
    "hono@4",
    "mongodb@6",
    "p-queue@8",
    "p-limit@6",
    "redis@5",
    "bullmq@5",
    "better-sqlite3@12",
    "@types/better-sqlite3@7",
    "@prisma/client@6",
]
CONFIG = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "target": "ES2023",
        "module": "ESNext",
        "moduleResolution": "bundler",
        "moduleDetection": "force",
        "experimentalDecorators": True,
        "esModuleInterop": True,
        "jsx": "preserve",
        "types": ["node"],
    },
    "include": ["*/*/*/src/**/*.ts"],
}
ERROR = re.compile(r"^([^/\n]+/[^/\n]+)/(before|fix\d+)/(\S+?)\(\d+,\d+\): error (.*)", re.M)


def main() -> int:
    folder = Path(sys.argv[1])
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    if not (folder / "node_modules" / "typescript").exists():
        npm = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
            "--legacy-peer-deps",
        ]
        subprocess.run([*npm, *PACKAGES], cwd=folder, check=True)
    tsc = ["node", "node_modules/typescript/bin/tsc", "-p", ".", "--pretty", "false"]
    out = subprocess.run(tsc, cwd=folder, capture_output=True, text=True, check=False).stdout
    errors: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for found in ERROR.finditer(out):
        program, version, file, what = found.groups()
        errors.setdefault((program, version), Counter())[file, what] += 1
    checked = wrong = clean = 0
    for fix in sorted(folder.glob("*/*/fix*")):
        program = fix.parent.relative_to(folder).as_posix()
        before = errors.get((program, "before"), Counter())
        new = errors.get((program, fix.name), Counter()) - before
        checked, clean = checked + 1, clean + (not before)
        if new:
            wrong += 1
            print(f"{program} {fix.name}:", *(f"  {file}: {what}" for file, what in new), sep="\n")
    print(f"{checked} fixed programs ({clean} of programs without an error before), {wrong} with a new error")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
