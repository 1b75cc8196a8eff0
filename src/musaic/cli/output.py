"""What every command prints: errors, notices, progress, and the end of a long run."""

import gc
import os
import re
import shlex
import shutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from musaic.cli.flags import in_flags
from musaic.errors import MusaicError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from musaic.schemas import DoneEvent, FileEvent, Progress, ProgressEvent

# Control characters but the newline, and those that change the direction of the letters after them.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# So many failed files are listed by name; all of them are in --json.
_MOST_LISTED = 30


@contextmanager
def errors_to_stderr() -> Iterator[None]:
    """Print Musaic's errors as one sentence on stderr and end with their exit code."""
    try:
        yield
    except (MusaicError, ValueError) as exc:
        typer.echo(f"musaic: {plain(in_flags(str(exc)))}", err=True)
        raise SystemExit(getattr(exc, "exit_code", 2)) from exc
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("\nmusaic: interrupted", err=True)
        raise SystemExit(130) from None
    except RecursionError as exc:
        typer.echo("musaic: a file or argument is nested too deeply to be read", err=True)
        raise SystemExit(2) from exc
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing is wrong.
        _give_up_on_stdout()
        raise SystemExit(0) from None
    except OSError as exc:
        # A full disk, a folder that is gone: the system's own words, without Python's.
        where = f": {exc.filename}" if exc.filename else ""
        with suppress(OSError):
            typer.echo(f"musaic: {plain(f'{exc.strerror or exc}{where}')}", err=True)
        _give_up_on_stdout()
        raise SystemExit(2) from exc


@contextmanager
def short_lived() -> Iterator[None]:
    """Do not look for garbage within: a query imports half a million objects that stay, and little else."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _give_up_on_stdout() -> None:
    """Send what is left nowhere if it cannot be written: the interpreter flushes stdout once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain(text: str) -> str:
    """Return a text without the power to move a cursor or turn letters round: such characters become escapes.

    File names may hold any of them.
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def print_paths(paths: Sequence[str], *, nul: bool) -> None:
    """Print paths on stdout: their own bytes for another program, harmless letters on a terminal.

    Args:
        paths: Perhaps with any character but NUL.
        nul: End each with NUL, which no name holds, and not with a newline, which some do.
    """
    sys.stdout.flush()
    if sys.stdout.isatty() and not nul:
        for path in paths:
            typer.echo(name_of(path))
        return
    if not nul and any("\n" in path for path in paths):
        notice("a name holds a newline, so that lines do not tell where it ends; add -0")
    end = b"\0" if nul else os.linesep.encode()
    # Past Python's text layer, which would refuse or change what is not valid UTF-8.
    sys.stdout.buffer.write(b"".join(os.fsencode(path) + end for path in paths))
    sys.stdout.buffer.flush()


def name_of(path: str) -> str:
    """Return a path on one line, for people."""
    return plain(path).replace("\n", "\\n")


def in_one_line(words: str) -> str:
    r"""Return a prompt on one line, for lists: its lines with a slash between them.

    Example:
        >>> in_one_line("a red cape\non snow\n")
        'a red cape / on snow'
    """
    return " / ".join(line.strip() for line in words.splitlines() if line.strip())


def program() -> str:
    """Return what a command to paste begins with: a name that the shell finds, or else how this run was called."""
    called = Path(sys.argv[0])
    if shutil.which("musaic") is None:
        if called.name == "__main__.py":
            # Which Python it was matters: others do not have Musaic.
            return f"{shlex.quote(sys.orig_argv[0])} -m musaic"
        if called.stem == "musaic":
            return shlex.quote(sys.argv[0])
    return "musaic"


def notice(text: str) -> None:
    """Print a warning in plain words on stderr."""
    typer.echo(f"note: {plain(in_flags(text))}", err=True)


def on_terminal() -> bool:
    """Say whether a person can be asked something."""
    return sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def stoppable(
    waiting_for: str = "finishing the batch in hand", *, at_once: Callable[[], bool] = lambda: False
) -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C (or SIGTERM) sets; the second one ends at once.

    Args:
        waiting_for: Said after the first.
        at_once: Tells whether there is nothing to wait for yet, so that the first one ends at once.
    """
    stop = threading.Event()

    def ask_to_stop(number: int, frame: object) -> None:  # noqa: ARG001  the signal module's signature
        if stop.is_set() or at_once():
            raise KeyboardInterrupt
        stop.set()
        # Past Python's own streams, which may be in the middle of a write and take no second one.
        with suppress(OSError):
            os.write(_stderr_descriptor(), f"\n{waiting_for}; Ctrl-C again to stop at once\n".encode())

    before = {each: signal.signal(each, ask_to_stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _stderr_descriptor() -> int:
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError):  # it stands for a real one, as in tests
        return 2


@contextmanager
def only_our_words() -> Iterator[None]:
    """Keep a terminal free of what C libraries write about odd files, which would cut through the bar.

    They write to descriptor 2; within, Python's own stderr is another one.
    """
    before = sys.stderr
    if not before.isatty() or _stderr_descriptor() != 2:
        yield
        return
    before.flush()
    nowhere, ours = os.open(os.devnull, os.O_WRONLY), os.dup(2)
    with open(ours, "w", buffering=1, encoding=before.encoding, errors=before.errors) as words:
        sys.stderr = words
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            words.flush()
            os.dup2(ours, 2)
            sys.stderr = before
            os.close(nowhere)


class Report:
    """Draws a run: JSON lines on stdout, or a bar on a terminal, or plain lines when piped.

    Use it in a ``with`` block: a run that breaks off leaves no half a bar and no hidden cursor behind.
    """

    def __init__(self, *, json: bool, verb: str) -> None:
        self._json, self._verb = json, verb
        self._bar: Bar | None = None
        self._last_share = -1
        self.left_out: list[FileEvent] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_bar()

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, event: "Progress") -> None:
        """Take one event of the run."""
        if self._json:
            typer.echo(event.model_dump_json())
        elif event.event == "progress":
            self._progress(event)
        if event.event == "failed" or event.event == "skipped":
            self.left_out.append(event)
        if event.event == "done":
            self._stop_bar()

    def _progress(self, event: "ProgressEvent") -> None:
        if sys.stderr.isatty():
            self._draw(event)
            return
        share = 10 * event.done // event.total if event.total else 10
        if share > self._last_share or event.scanning:
            self._last_share = share
            left = "" if event.seconds_left is None else f", {event.seconds_left:.0f} s left"
            more = "+" if event.scanning else ""
            line = f"{self._verb}: {event.done} of {event.total}{more}, {event.rate_per_s:.0f} a second{left}"
            typer.echo(line + (f", {event.failed} failed" if event.failed else ""), err=True)

    def _draw(self, event: "ProgressEvent") -> None:
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
            self._bar.add_task(self._verb, total=None, count="", rate="", left="", failed="")
        self._bar.update(
            self._bar.task_ids[0],
            completed=event.done,
            # More may come while folders are still being read.
            total=event.total or None,
            count=f"{event.done}/{event.total}{'+' if event.scanning else ''}",
            rate=f"{event.rate_per_s:.0f}/s",
            left="" if event.seconds_left is None else f"{event.seconds_left:.0f} s left",
            failed=f"{event.failed} failed" if event.failed else "",
        )

    def finish(self, done: "DoneEvent", *, go_on: str, prune: bool = False) -> None:
        """Print the sum of the run and what was left out; raise the exit code.

        Args:
            done: The sum.
            go_on: The command that goes on after an interruption.
            prune: Whether what had vanished was to be forgotten.
        """
        if not self._json:
            self._list_left_out()
            typer.echo(_sum(done, prune=prune))
            if not (done.added or done.updated or done.unchanged or done.failed or done.interrupted):
                notice("no picture was found there")
        if done.interrupted:
            typer.echo(f"interrupted; nothing is lost. To go on: {go_on}", err=True)
            raise typer.Exit(130)
        if done.failed:
            raise typer.Exit(1)

    def _list_left_out(self) -> None:
        failed = [event for event in self.left_out if event.event == "failed"]
        for event in failed[:_MOST_LISTED]:
            typer.echo(f"failed: {name_of(event.path)}: {name_of(event.reason)}", err=True)
        if len(failed) > _MOST_LISTED:
            typer.echo(f"... and {len(failed) - _MOST_LISTED} more failed; --json lists them all", err=True)
        skipped = Counter(event.reason for event in self.left_out if event.event == "skipped")
        for reason, count in skipped.most_common():
            example = next(e.path for e in self.left_out if e.event == "skipped" and e.reason == reason)
            others = f" and {count - 1} more" if count > 1 else ""
            typer.echo(f"skipped: {name_of(example)}{others}: {name_of(reason)}", err=True)


def _bar() -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    text = [TextColumn("{task.fields[" + name + "]}") for name in ("count", "rate", "left", "failed")]
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        *text,
        console=Console(stderr=True),
        # Results go through stdout untouched, also while the bar is there.
        redirect_stdout=False,
        transient=True,
    )


def _sum(done: "DoneEvent", *, prune: bool) -> str:
    parts = {
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "failed": done.failed,
        "skipped": done.skipped,
    }
    text = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count or name == "added")
    if done.vanished:
        kept = "" if prune else " (still in the library; --prune forgets them)"
        text += f", {done.vanished:,} vanished{kept}"
    if done.pruned:
        text += f", {done.pruned:,} pruned"
    return f"{text} in {done.seconds:.1f} s"


def download_report() -> Callable[[int, int], None]:
    """Return a callback that draws a download's bar on stderr: bytes done, bytes in all."""
    shown = {"share": -1}

    def report(done: int, total: int) -> None:
        share = 100 * done // total if total else 0
        step = 1 if sys.stderr.isatty() else 10
        if share // step > shown["share"]:
            shown["share"] = share // step
            end = "\n" if done >= total or not sys.stderr.isatty() else ""
            start = "\r" if sys.stderr.isatty() else ""
            text = f"downloading: {done / 1e6:.0f} of {total / 1e6:.0f} MB ({share} %)"
            typer.echo(f"{start}{text}{end}", err=True, nl=False)

    return report
