"""Run benchmarks and print their tables: ``python -m benchmarks [NAME…] [--quick]``."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import choices, ingest, memory, rerun, search, start
from benchmarks.report import Report, machine, put

BENCHMARKS: dict[str, Callable[[bool], Report]] = {
    "ingest-1mp": ingest.shop,
    "ingest-12mp": ingest.camera,
    "choices": choices.built,
    "memory": memory.peak,
    "rerun": rerun.unchanged,
    "search": search.large,
    "start": start.cold,
}


def main() -> int:
    """Run what is asked for; 1 if one failed or a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that all runs, not how fast")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="also put each table into this Markdown file"
    )
    asked = parser.parse_args()
    if asked.quick and asked.write:
        parser.error("figures of --quick are not worth writing down")
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print(f"Machine: {machine()}\n", flush=True)
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5:
        # torch's threads spin while they wait for each other: on shared cores it falls to a tenth.
        print(
            "The machine is busy: times are too long, and ratios to the article's loop too kind.\n",
            flush=True,
        )
    missed = [name for name in asked.names or BENCHMARKS if not _shown(name, asked.quick, asked.write)]
    if missed:
        print(f"missed or failed: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed) and not asked.quick)


def _shown(name: str, quick: bool, write: Path | None) -> bool:
    """Run one benchmark and print it; say whether all its targets were met."""
    began, where = time.perf_counter(), machine()
    try:
        report = BENCHMARKS[name](quick)
    except Exception as exc:  # the others are still worth running
        print(f"{name} failed: {exc}", file=sys.stderr, flush=True)
        return False
    print(report.text())
    if write:
        put(write, name, f"{report.text()}\nMachine: {where}\n")
    print(f"`{name}` took {time.perf_counter() - began:.0f} s\n", flush=True)
    return all(claim.holds for claim in report.claims)


if __name__ == "__main__":
    sys.exit(main())
