"""What a benchmark prints: a table with both sides, what was promised of it, and the machine."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("musaic", "onnxruntime", "torch", "transformers", "pillow", "numpy", "pymilvus", "milvus-lite")


@dataclass(frozen=True)
class Claim:
    """A figure with its target: at least (``>=``) or at most (``<=``)."""

    what: str
    value: float
    sign: str
    target: float
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure meets the target."""
        return self.value >= self.target if self.sign == ">=" else self.value <= self.target


@dataclass(frozen=True)
class Report:
    """The outcome of one benchmark.

    Attributes:
        title: What was measured.
        method: How, in whole sentences.
        columns: Headings.
        rows: Cells, as they are printed.
        claims: What the issue asks for.
    """

    title: str
    method: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    claims: Sequence[Claim]

    def text(self) -> str:
        """Return it in Markdown, the targets below the table."""
        table = [self.columns, ["---"] * len(self.columns), *self.rows]
        lines = [f"## {self.title}", "", self.method, ""]
        lines += [f"| {' | '.join(row)} |" for row in table]
        return "\n".join([*lines, "", *(f"- {_verdict(claim)}" for claim in self.claims), ""])


def put(file: Path, name: str, text: str) -> None:
    """Put a benchmark's text into its own place in a Markdown file, or at the end where it has none yet."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = file.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2] if found else "\n"
    file.write_text(f"{before.rstrip()}\n\n{begin}\n{text}{end}{after}", encoding="utf-8")


def _verdict(claim: Claim) -> str:
    met = "met" if claim.holds else "MISSED"
    return f"{claim.what}: **{claim.value:.3g}{claim.unit}**, target {claim.sign} {claim.target:g}{claim.unit}: {met}"


def machine() -> str:
    """Return cores, CPU, load and versions in one line."""
    load = f"load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else "load unknown"
    return (
        f"{cores()} cores, {_cpu()}, {platform.system()} {platform.machine()}, {load}; "
        f"Python {platform.python_version()}, {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}"
    )


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown CPU"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
