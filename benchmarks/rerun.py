"""A second run over files that have not changed."""

import json
import os
import statistics
import sys
import time
from pathlib import Path

from benchmarks.pictures import folder_of_small
from benchmarks.report import Claim, Report
from benchmarks.tiny import tiny_folder
from benchmarks.work import WORK, measure, musaic_command, timed

WALK = "os.scandir + stat"
_ROUNDS = 5


def unchanged(quick: bool) -> Report:
    """An unchanged folder, against a bare walk."""
    count = 1_000 if quick else 10_000
    pictures, library = folder_of_small(count), WORK / "runs" / f"small-{count}"
    first = _ingest(pictures, library)
    if first["pictures"] + first["unchanged"] != count:
        raise RuntimeError(f"{count} pictures were to be ingested: {first}")
    walks, calls, programs = [], [], []
    for _ in range(_ROUNDS):
        walks.append(measure("rerun", pictures=pictures)["wall_s"])
        again = _ingest(pictures, library)
        if again["unchanged"] != count:
            raise RuntimeError(f"the second run found changes: {again}")
        calls.append(again["wall_s"])
        programs.append(timed([*musaic_command(), "ingest", pictures, "--library", library])[0])
    return _report(count, {WALK: walks, "Library.ingest": calls, "musaic ingest": programs})


def _ingest(pictures: Path, library: Path) -> dict[str, float]:
    warm = folder_of_small(20)
    return measure("musaic_side", pictures=pictures, folder=library, model=tiny_folder(), warm=warm)


def _report(count: int, seconds: dict[str, list[float]]) -> Report:
    middle = {name: statistics.median(some) for name, some in seconds.items()}
    rows = [
        [
            name,
            f"{middle[name]:.3f}",
            f"{min(some):.3f} to {max(some):.3f}",
            f"{middle[name] / middle[WALK]:.0f}",
        ]
        for name, some in seconds.items()
    ]
    return Report(
        f"Unchanged re-run over {count:,} files",
        f"Median of {_ROUNDS} rounds that take turns, a new process each, the disk's cache warm. `Library.ingest` is "
        "the call alone in a library that is open; `musaic ingest` is the whole program from start to exit.",
        ("what", "seconds", "from, to", "× walk"),
        rows,
        (Claim(f"musaic ingest, {count:,} unchanged files", middle["musaic ingest"], "<=", 3.0, " s"),),
    )


def _walk(folder: str) -> int:
    found = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                found += _walk(entry.path)
            else:
                found += entry.stat().st_size > 0
    return found


if __name__ == "__main__":
    top = json.loads(sys.argv[1])["pictures"]
    began = time.perf_counter()
    seen = _walk(top)
    print(json.dumps({"wall_s": time.perf_counter() - began, "files": seen, "folder": Path(top).name}))
