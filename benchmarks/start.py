"""How long the program takes to start: help, and a search from nothing."""

import statistics
import sys
from pathlib import Path

from benchmarks.pictures import folder_of_small
from benchmarks.report import Claim, Report
from benchmarks.work import empty_folder, measure, musaic_command, timed

_ROUNDS = 7
# What any program pays that imports pymilvus and asks Milvus Lite one thing.
_BARE_STORE = """
import sys
from pymilvus import MilvusClient
client = MilvusClient(sys.argv[1])
client.query(client.list_collections()[0], filter="", output_fields=["count(*)"])
client.close()
"""


def cold(quick: bool, *, model: str = "starter") -> Report:
    """Whole programs from start to exit."""
    count = 100 if quick else 1_000
    library = empty_folder("start")
    measure("musaic_side", pictures=folder_of_small(count), folder=library, model=model)
    commands: dict[str, list[str | Path]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "musaic --help": [*musaic_command(), "--help"],
        "bare pymilvus on the same store": [
            sys.executable,
            "-c",
            _BARE_STORE,
            library / ".musaic" / "vectors.db",
        ],
        "musaic search": [*musaic_command(), "search", "a red dress", "--json", "--library", library],
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(_ROUNDS + 1):
        for name, command in commands.items():
            runs[name].append(timed(command))
    # The first round compiles Python's files and fills the disk's cache.
    return _report(count, {name: some[1:] for name, some in runs.items()})


def _report(count: int, runs: dict[str, list[tuple[float, float]]]) -> Report:
    seconds = {name: [wall for wall, _ in some] for name, some in runs.items()}
    middle = {name: statistics.median(some) for name, some in seconds.items()}
    bare, helped, store, searched = middle.values()
    floors = {"musaic --help": bare, "musaic search": store}
    rows = [
        [
            name,
            f"{middle[name]:.3f}",
            f"{min(some):.3f} to {max(some):.3f}",
            f"{statistics.median(cpu for _, cpu in runs[name]):.3f}",
            f"{middle[name] / floors[name]:.2f}" if name in floors else "",
        ]
        for name, some in seconds.items()
    ]
    return Report(
        f"Start: help, and a cold search over {count:,} assets with the starter",
        f"Whole programs, a new process each; median of {_ROUNDS} rounds that take turns, after one that is not "
        "counted (the disk's cache is warm).",
        ("command", "seconds", "from, to", "CPU s", "× the line above"),
        rows,
        (
            Claim("musaic --help", helped, "<=", 0.3, " s"),
            Claim(f"cold musaic search, {count:,} assets", searched, "<=", 1.2, " s"),
        ),
    )
