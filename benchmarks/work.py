"""The work folder, and processes that measure in it."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WORK = ROOT / "bench-work"


def made_once(path: Path, make: Callable[[Path], object]) -> Path:
    """Return a folder, filled by `make` if it is not there; one half filled is never taken for whole."""
    if not path.exists():
        partial = path.with_name(f"{path.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        print(f"making {path.relative_to(ROOT)} (once)", file=sys.stderr, flush=True)
        make(partial)
        partial.rename(path)
    return path


def empty_folder(name: str) -> Path:
    """Return a new, empty folder for something that is made again in each run."""
    path = WORK / "runs" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def measure(module: str, **options: object) -> Any:
    """Run a module of this package in a new process with options as JSON; return what it printed as JSON."""
    given = json.dumps({name: str(v) if isinstance(v, Path) else v for name, v in options.items()})
    done = run([sys.executable, "-m", f"benchmarks.{module}", given])
    return json.loads(done.stdout.splitlines()[-1])


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return what it printed; an error if it fails."""
    done = subprocess.run(command, cwd=ROOT, env=_environment(), text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-3000:]}"
        )
    return done


def timed(command: Sequence[str | Path]) -> tuple[float, float]:
    """Run a command to its end and return the seconds it took and the CPU seconds it used."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, cpu


def _environment() -> dict[str, str]:
    # Settings of whoever runs this must not change what is measured, nor their cache be changed by it.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUSAIC_")}
    return kept | {"XDG_CACHE_HOME": str(WORK / "cache"), "HF_HUB_OFFLINE": "1"}


def musaic_command() -> list[str]:
    """Return the installed ``musaic`` script, or what it does where the package is not installed."""
    script = Path(sys.executable).with_name("musaic")
    return [str(script)] if script.exists() else [sys.executable, "-c", "from musaic.cli import main; main()"]
