"""Musaic's side: `Library.ingest` of a folder, as a program would call it."""

import json
import resource
import sys
import time
from pathlib import Path

from musaic import Library
from musaic.config import StoreSettings
from musaic.store import Store


def ingest(
    pictures: str,
    folder: str,
    *,
    model: str,
    warm: str | None = None,
    precision: str = "fp32",
    vectors: int = 0,
) -> dict[str, object]:
    """Ingest a folder and return what it took; the wall and CPU time of `Library.ingest` alone.

    Args:
        pictures: What to ingest.
        folder: Of the library; made if it is not there.
        model: Id or folder of the encoder.
        warm: A folder ingested before, so that model and collection are there; not measured.
        precision: Of the weights.
        vectors: How many to return, those of the first pictures by name.
    """
    embed = {"model": model, "precision": precision}
    with Library.open(folder, create=True, embed=embed, notify=lambda _: None) as library:
        if warm:
            library.ingest(warm)
        before = _peak_mb()
        wall, cpu = time.perf_counter(), time.process_time()
        done = library.ingest(pictures)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if done.failed or done.skipped:
        raise RuntimeError(f"not every picture was ingested: {done}")
    return {
        "pictures": done.added, "unchanged": done.unchanged, "wall_s": wall, "cpu_s": cpu,
        "before_mb": before, "peak_mb": _peak_mb(),
        "vectors": _first_vectors(Path(folder), pictures, vectors) if vectors else [],
    }  # fmt: skip


def _first_vectors(folder: Path, pictures: str, count: int) -> list[list[float]]:
    with Store.open(StoreSettings(), folder / ".musaic") as store:
        rows = [row for batch in store.rows() for row in batch if row.asset.folder == pictures]
    return [row.vector.tolist() for row in sorted(rows, key=lambda row: row.asset.filename)[:count]]


def _peak_mb() -> float:
    """Return the most memory this process has held so far (RSS), in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage counts what the parent held before this program was started, too.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1000
    scale = 1_000_000 if sys.platform == "darwin" else 1_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


if __name__ == "__main__":
    print(json.dumps(ingest(**json.loads(sys.argv[1]))))
