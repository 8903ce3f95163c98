"""The Tri-Store's figures: a synthetic workspace of a million symbols, and a real checkout.

    python benchmarks/store/run.py [--symbols N] [--checkout FOLDER] [--lines N]

Times are wall clock unless they say CPU; medians with the 95th and 99th percentile. Names of
the synthetic workspace are made of words as identifiers are; each function calls three others in other files.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from krepis.server.discover import Selection, discover
from krepis.server.index import Facts, Relation, Symbol, facts
from krepis.server.store import Store
from krepis.server.store.indexing import default_jobs, index
from krepis.server.store.meaning import description, embed
from krepis.twin.typescript.lexicon import words

PER_FILE = 20
HEAD = "\n| {}, ms | wall p50 | p95 | p99 | CPU p50 | p95 | p99 | target |\n" + "| --- " * 8 + "|"
BATCH = 500
VERBS = """
get load save send create update remove find check build parse write read open close reserve charge
"""
NOUNS = """
user order cart stock price payment invoice session token cache queue job event route file folder index graph node edge
vector text line column span report finding step lock account wallet ledger balance coupon product category warehouse
shipment address email message template setting option parser lexer symbol relation workspace editor
"""
ENDS = "byId forUser inBatch withRetry atOnce safely later twice always byName byDate asJson fromRow toText"


def name_of(number: int) -> str:
    chance = random.Random(number)
    first, last = chance.choice(NOUNS.split()), chance.choice(NOUNS.split())
    return f"{chance.choice(VERBS.split())}{first.title()}{last.title()}{chance.choice(ENDS.split()).title()}{number}"


def synthetic(symbols: int) -> Iterator[tuple[str, Facts]]:
    chance = random.Random(1)
    for first in range(0, symbols, PER_FILE):
        path = f"src/f{first // PER_FILE}.ts"
        made: list[Symbol] = []
        related: list[Relation] = []
        for number in range(first, min(first + PER_FILE, symbols)):
            name = name_of(number)
            span = (number - first + 1, 1, number - first + 1, 40)
            signature = f"async function {name}(id: string): Promise<void>"
            text = " ".join(words(name))
            made.append(Symbol("function", name, name, "", span, span, signature, True, True, "", (), text, (), (), ()))
            for _ in range(3):
                other = chance.randrange(symbols)
                related.append(Relation("calls", name, name_of(other), f"./f{other // PER_FILE}", span[0]))
        yield path, Facts(first.to_bytes(16, "big"), tuple(made), tuple(related))


def batches(items: Iterable[tuple[str, Facts]]) -> Iterator[dict[str, Facts | None]]:
    iterator = iter(items)
    while batch := dict(islice(iterator, BATCH)):
        yield dict(batch)


def timed(label: str, target_ms: float, ask: Callable[[int], object], count: int) -> None:
    """A row of a table: wall clock, and CPU of all threads, which a busy machine stretches less."""
    samples = []
    for number in range(count):
        wall, cpu = time.perf_counter(), time.process_time()
        ask(number)
        samples.append(((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3))
    columns = []
    for values in zip(*samples, strict=True):
        ordered = sorted(values)
        columns += [f"{ordered[min(count - 1, int(count * share))]:.3f}" for share in (0.5, 0.95, 0.99)]
    print(f"| {label} | {' | '.join(columns)} | {target_ms:g} |", flush=True)


def took(label: str, run: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    print(f"* {label}: {time.perf_counter() - wall:.1f} s ({time.process_time() - cpu:.1f} s CPU)", flush=True)


def resident_mib() -> int:
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * resource.getpagesize() >> 20


def million(symbols: int) -> None:
    print(f"\n## {symbols:,} symbols\n")
    folder = Path(tempfile.mkdtemp(prefix="krepis-bench-"))
    try:
        with Store.open(folder) as store:

            def fill() -> None:
                for batch in batches(synthetic(symbols)):
                    store.update(batch)

            took("symbols written", fill)
            took("graph and vectors made", store.refresh)
        sizes: dict[str, int] = {}
        for file in next(folder.iterdir()).iterdir():
            kind = file.name.split("-")[0]
            sizes[kind] = sizes.get(kind, 0) + (file.stat().st_size >> 20)
        print(f"* on disk, MiB: {sizes}")
        store = Store.open(folder)
        chance = random.Random(2)
        names = [name_of(chance.randrange(symbols)) for _ in range(20_000)]
        store.symbol(names[0]), store.reached(names[0], "calls", "in", 3), store.similar("load user", 10)
        print(f"* resident after the first questions: {resident_mib()} MiB (with mapped pages)\n")

        with store.snapshot() as snapshot:
            timed("exact, in an open snapshot", 0.05, lambda n: snapshot.symbol(names[n]), 20_000)
        timed("exact, with its own snapshot", 0.05, lambda n: store.symbol(names[n]), 20_000)
        timed("prefix of 4 letters, 50 results", 1, lambda n: store.prefix(names[n][:4], 50), 2_000)
        timed("prefix of 12 letters, 50 results", 1, lambda n: store.prefix(names[n][:12], 50), 2_000)
        timed("callers", 10, lambda n: store.relations(names[n], "calls", "in"), 300)
        timed("callers within 3 steps", 10, lambda n: store.reached(names[n], "calls", "in", 3), 300)
        timed("callees within 3 steps", 10, lambda n: store.reached(names[n], "calls", "out", 3), 300)
        questions = [" ".join(words(name)[:4]) for name in names]
        timed("meaning, 10 results", 10, lambda n: store.similar(questions[n], 10), 500)
        print(f"\n* recall@10 against brute force: {recall(store, questions[:100]):.3f} (target 0.95)")
        changed = {"src/f0.ts": facts("export async function edited() { await load(); }", "src/f0.ts")}
        took("one file of the million changed", lambda: store.update(changed))
        print(HEAD.format("question after an edit"))
        timed("callers", 10, lambda n: store.relations(names[n], "calls", "in"), 300)
        timed("callers within 3 steps", 10, lambda n: store.reached(names[n], "calls", "in", 3), 100)
        timed("meaning, 10 results", 10, lambda n: store.similar(questions[n], 10), 300)
        store.close()
    finally:
        shutil.rmtree(folder)


def recall(store: Store, questions: Sequence[str]) -> float:
    """The share of the ten best cosines that the index finds; equal cosines are equally right."""
    with store.snapshot() as snapshot:
        newest = store._meanings.newest(snapshot)
        assert newest is not None
        known = newest[1].weights
        texts = [description(symbol, path) for path, found in snapshot.files() for symbol in found.symbols]
    asked = embed(questions, known)
    best = np.full((len(questions), 10), -1.0, dtype=np.float32)
    for start in range(0, len(texts), 20_000):
        scores = asked @ embed(texts[start : start + 20_000], known).T
        best = -np.sort(-np.concatenate([best, scores], axis=1), axis=1)[:, :10]
    shares = []
    for question, row, vector in zip(questions, best, asked, strict=True):
        hits = [hit for hit, _ in store.similar(question, 10)]
        cosines = embed([description(hit.symbol, hit.path) for hit in hits], known) @ vector
        shares.append(float((cosines >= row[9] - 1e-5).mean()))
    return statistics.mean(shares)


def checkout(folder: Path, lines: int) -> None:
    found = discover((str(folder),), folder, Selection(folder))
    files: dict[str, Path] = {}
    total = 0
    for file in found.files:
        if total < lines:
            files[file.path] = file.absolute
            total += file.absolute.read_bytes().count(b"\n")
    print(f"\n## {folder.name}: {total:,} lines in {len(files):,} files\n")
    scratch = Path(tempfile.mkdtemp(prefix="krepis-bench-"))
    try:
        jobs = default_jobs()
        with Store.open(scratch) as store:
            took(f"cold index, {jobs} processes", lambda: print("*", index(store, files, jobs)))
            took("graph and vectors made", store.refresh)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"* CPU of the worker processes: {children.ru_utime + children.ru_stime:.1f} s")
        store = Store.open(scratch)
        took("warm start (every file read and hashed)", lambda: index(store, files, jobs))
        path, file = next(iter(files.items()))
        text = file.read_text(encoding="utf-8", errors="replace")
        samples = sorted(_one_edit(store, path, f"{text}\n// {n}") for n in range(200))
        print(f"* one edit ({text.count(chr(10))} lines), parsed and committed:", end=" ")
        print(f"median {samples[100]:.2f}, p99 {samples[198]:.2f} ms CPU")
        functions = [facts(f.read_text(errors="replace"), p) for p, f in list(files.items())[:300]]
        start = time.process_time()
        for p, f in list(files.items())[:300]:
            facts(f.read_text(errors="replace"), p)
        cpu = time.process_time() - start
        count = sum(len(known.symbols) for known in functions)
        print(f"* facts: {cpu / 300 * 1e3:.2f} ms CPU a file, {cpu / count * 1e6:.0f} us a symbol")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"* resident: {resident_mib()} MiB, at most {most} MiB")
        store.close()
    finally:
        shutil.rmtree(scratch)


def _one_edit(store: Store, path: str, text: str) -> float:
    start = time.process_time()
    store.update({path: facts(text, path)})
    return (time.process_time() - start) * 1e3


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--symbols", type=int, default=1_000_000)
    arguments.add_argument("--checkout", type=Path)
    arguments.add_argument("--lines", type=int, default=460_000)
    options = arguments.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}")
    if options.checkout:
        checkout(options.checkout.resolve(), options.lines)
    if options.symbols:
        million(options.symbols)


if __name__ == "__main__":
    main()
