"""Search in a large embedded library against an exact scan of the same vectors with numpy."""

import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Claim, Report
from benchmarks.work import WORK, made_once, measure
from musaic.config import StoreSettings
from musaic.schemas import Asset, Fingerprint
from musaic.store import Row, Store

_DIM, _LIMIT = 512, 10
_CENTRES, _SPREAD = 2_000, 64
# Cosines that differ by less are one place in the order.
_SAME = 2e-6

Vectors = NDArray[np.float32]


def large(quick: bool) -> Report:
    """Search for one vector at a time."""
    rows, queries = (5_000, 30) if quick else (100_000, 200)
    folder = made_once(
        WORK / f"search-{rows}", lambda part: measure("search", task="write", folder=part, rows=rows)
    )
    got = measure("search", task="ask", folder=folder, rows=rows, queries=queries)
    times = {name: np.array(got[name]) * 1000 for name in ("numpy", "Store.search")}
    p50, p95 = ({name: float(np.percentile(some, at)) for name, some in times.items()} for at in (50, 95))
    return Report(
        f"Search in an embedded library of {rows:,} rows",
        f"Vectors of {_DIM} numbers around {_CENTRES:,} centres; {queries} queries around the same, the {_LIMIT} "
        "nearest, one at a time, the two sides in turns in one process. numpy: one product with all vectors in "
        "memory and a partial sort, ids only. Store.search: Milvus Lite's FLAT index, with every field of the assets "
        f"found. Opening took {got['open_s']:.2f} s, the first query {1000 * got['first_s']:.0f} ms.",
        ("side", "p50 ms", "p95 ms", "× numpy (p50)", f"recall@{_LIMIT}"),
        [
            [name, f"{p50[name]:.1f}", f"{p95[name]:.1f}", f"{p50[name] / p50['numpy']:.1f}", f"{recall:.4f}"]
            for name, recall in (("numpy", 1.0), ("Store.search", got["recall"]))
        ],
        (Claim(f"recall@{_LIMIT}", got["recall"], ">=", 1.0),),
    )


def _vectors(count: int, *, seed: int) -> Vectors:
    """Return unit vectors, shape ``(count, 512)``, that lie in clusters as those of pictures do."""
    centres = np.random.default_rng(0).standard_normal((_CENTRES, _DIM), np.float32)
    directions = np.random.default_rng(1).standard_normal((_SPREAD, _DIM), np.float32) / np.sqrt(_SPREAD)
    rng = np.random.default_rng(seed)
    near = rng.standard_normal((count, _SPREAD), np.float32) @ directions
    found = centres[rng.integers(0, _CENTRES, count)] + near
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _write(folder: str, rows: int) -> dict[str, object]:
    vectors = _vectors(rows, seed=2)
    with Store.open(StoreSettings(), Path(folder)) as store:
        store.create(
            Fingerprint(model="bench", revision="local", precision="fp32", weights_sha256="0" * 64, dim=_DIM)
        )
        for start in range(0, rows, 1_000):
            numbers = range(start, min(start + 1_000, rows))
            store.upsert([Row(_asset(number), vectors[number]) for number in numbers])
        store.flush()
    return {"rows": rows}


def _asset(number: int) -> Asset:
    name = f"{number:032x}"
    return Asset(
        id=name, asset_id=name, filename=f"{number}.jpg", folder="/pictures", paths=(f"/pictures/{number}.jpg",),
        mime="image/jpeg", size_bytes=220_000, width=1000, height=1000, modified_at=number, ingested_at=number,
        metadata={"number": number},
    )  # fmt: skip


def _ask(folder: str, rows: int, queries: int) -> dict[str, object]:
    vectors, wanted = _vectors(rows, seed=2), _vectors(queries + 1, seed=3)
    opened = time.perf_counter()
    with Store.open(StoreSettings(), Path(folder)) as store:
        asked = time.perf_counter()
        store.search(wanted[-1], limit=_LIMIT)
        first = time.perf_counter() - asked
        _nearest(vectors, wanted[-1])
        ours, scans, found = [], [], 0
        for query in wanted[:-1]:
            began = time.perf_counter()
            nearest = _nearest(vectors, query)
            between = time.perf_counter()
            hits = store.search(query, limit=_LIMIT)
            ours.append(time.perf_counter() - between)
            scans.append(between - began)
            numbers = {int(asset.id, 16) for asset, _ in hits}
            floor = float(vectors[nearest[-1]] @ query) - _SAME
            found += sum(float(vectors[number] @ query) >= floor for number in numbers)
    return {
        "numpy": scans, "Store.search": ours, "recall": found / (_LIMIT * queries), "open_s": asked - opened,
        "first_s": first,
    }  # fmt: skip


def _nearest(vectors: Vectors, query: Vectors) -> list[int]:
    cosines = vectors @ query
    best = np.argpartition(cosines, -_LIMIT)[-_LIMIT:]
    return best[np.argsort(-cosines[best])].tolist()


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    print(json.dumps({"write": _write, "ask": _ask}[options.pop("task")](**options)))
