"""How plans, pictures that come, and records are printed."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from musaic.cli.flags import in_flags
from musaic.cli.output import in_one_line, name_of, plain, program

if TYPE_CHECKING:
    from musaic.config import GenerateSettings
    from musaic.schemas import Call, Generation, Plan, Record, Reference

_WORDS = {
    "picture": "made",
    "prompt_blocked": "prompt blocked",
    "output_blocked": "output blocked",
    "no_picture": "no picture",
    "malformed": "malformed",
    "failed": "failed",
    "cancelled": "cancelled",
    "open": "open",
}
_ADVICE = {
    "prompt_blocked": "the service refused the request; say it in other words, or leave a reference out",
    "output_blocked": "the service withheld what it made; ask again, or say it in other words",
}
_DRAFTS = "moodboard"


def usd(amount: float | None) -> str:
    """Return an amount of US dollars in words.

    Example:
        >>> usd(0.0336), usd(0), usd(None)
        ('$0.0336', 'no cost', 'cost unknown')
    """
    if amount is None:
        return "cost unknown"
    return "no cost" if amount == 0 else f"${amount:.4f}"


def at_most(amount: float | None) -> str:
    """Return a bound in words: nothing is most of nothing."""
    return f"{usd(amount)} at most" if amount else usd(amount)


def engine_at(engine: str, settings: "GenerateSettings") -> str:
    """Return an engine's name, with host and port where another address than the service's own is set.

    So money that a fake or a gateway reports is seen to be no one else's.
    """
    host = _host_of(_address_of(engine, settings))
    return f"{engine} at {host}" if host else engine


def makes_more_than_drafts(settings: "GenerateSettings") -> bool:
    """Say whether an engine is configured that makes pictures, whichever is asked this time."""
    from musaic.generate.engines import choose_engine

    return choose_engine(settings.model_copy(update={"engine": "auto"})) != _DRAFTS


def _address_of(engine: str, settings: "GenerateSettings") -> str | None:
    if engine == "openai-images":
        return settings.openai.base_url
    if engine != "gemini":
        return None
    # The SDK looks at its own variables where no address is set.
    own = "GOOGLE_VERTEX_BASE_URL" if settings.gemini.vertex else "GOOGLE_GEMINI_BASE_URL"
    return settings.gemini.base_url or os.environ.get(own)


def _host_of(address: str | None) -> str:
    """Return host and port of an address, and nothing else of it: there may be a password in it."""
    try:
        return urlsplit(address or "").netloc.rpartition("@")[2]
    except ValueError:  # no address at all: the engine says so
        return ""


def print_plan(plan: "Plan", *, json: bool, engine: str) -> None:
    """Print exactly what would be sent: references in order, prompts in full, the cost bound.

    Args:
        plan: What would be made.
        json: As one JSON object.
        engine: The plan's, in words; see `engine_at`.
    """
    if json:
        typer.echo(plan.model_dump_json())
        return
    typer.echo(f"engine      {name_of(engine)}, model {plan.model}, recipe {plan.recipe}")
    for line in _reference_lines(plan.references):
        typer.echo(line)
    if plan.conversation:
        typer.echo(f"goes on     from {plan.parent}: its conversation is sent, with these references in it")
    typer.echo(f"cost        {at_most(plan.cost_bound_usd)}, for {counted(len(plan.shots), 'picture')}")
    shown: dict[str, int] = {}
    for shot in plan.shots:
        head = f"{shot.number} of {len(plan.shots)}: {_words_of(shot.ratio, shot.size, shot.values)}"
        typer.echo(f"\n--- {head}, {at_most(shot.cost_bound_usd)}")
        _print_prompt(shot.prompt, shown, shot.number)
        if shot.follow_prompt is not None:
            typer.echo(
                "\n    or, once another ratio of this picture is there, with that one as the last image:"
            )
            _print_prompt(shot.follow_prompt, shown, shot.number)


def _print_prompt(prompt: str, shown: dict[str, int], number: int) -> None:
    """Print a prompt in full, or where the same one stands already."""
    if prompt in shown:
        typer.echo(f"the same words as {shown[prompt]}")
    else:
        shown[prompt] = number
        typer.echo(plain(prompt))


def _words_of(*parts: "str | Mapping[str, str]") -> str:
    told = [part if isinstance(part, str) else [f"{k} {v}" for k, v in part.items()] for part in parts]
    return ", ".join(word for each in told for word in ([each] if isinstance(each, str) else each))


def _reference_lines(references: "Sequence[Reference]") -> Iterator[str]:
    for each in references:
        near = "" if each.cosine is None else f"  {each.cosine:.3f}"
        yield f"image {each.number:<2}    {each.role:9} {name_of(each.path)}{near}"


class MakeReport:
    """Prints pictures as they come: JSON lines or paths on stdout, all else on stderr.

    Args:
        plan: What is made.
        json: One JSON object a picture.
        record_of: Gives what is known of a picture by its id.
        library: As named on the command line, for commands to paste.
        engine: The plan's, in words; see `engine_at`.
        keyed: Whether an engine is configured that makes more than drafts.
    """

    def __init__(
        self,
        plan: "Plan",
        *,
        json: bool,
        record_of: "Callable[[str], Record]",
        library: Path | None,
        engine: str,
        keyed: bool,
    ) -> None:
        self._engine, self._keyed = name_of(engine), keyed
        self._plan, self._json, self._done = plan, json, 0
        self._reasons: set[str] = set()
        self._record_of = record_of
        self._where = "" if library is None else f" --library {shlex.quote(str(library))}"

    def begin(self, thumbnails: Sequence[Path | None]) -> None:
        """Show the references and what it costs at most."""
        if self._json:
            return
        if thumbnails and sys.stdout.isatty():
            from musaic.cli.pictures import show_inline

            show_inline(thumbnails)
        for line in _reference_lines(self._plan.references):
            typer.echo(line, err=True)
        if self._plan.conversation:
            typer.echo(f"goes on from {self._plan.parent}, with its conversation", err=True)
        typer.echo(f"{self._what()}, {at_most(self._plan.cost_bound_usd)}", err=True)

    def _what(self) -> str:
        if self._plan.engine == _DRAFTS:
            return f"{counted(len(self._plan.shots), 'draft')} with {self._plan.engine}: a layout of the references"
        return f"{counted(len(self._plan.shots), 'picture')} with {self._engine} ({self._plan.model})"

    def __call__(self, made: "Generation") -> None:
        """Take a picture that came, or did not."""
        self._done += 1
        if self._json:
            typer.echo(made.model_dump_json())
            # A program that reads along has each picture as it comes.
            sys.stdout.flush()
            return
        record = self._record_of(made.id)
        place = ""
        if len(self._plan.shots) > 1:
            place = f"[{self._done}/{len(self._plan.shots)}] {_words_of(record.ratio, record.values)}: "
        why = f", {usd(made.cost_usd)}, {made.seconds:.1f} s"
        if made.reason:
            why = f": {self._reason(name_of(in_flags(made.reason)))}{_billed(record)}"
        again = f", after {len(record.calls)} requests" if len(record.calls) > 1 else ""
        typer.echo(f"{name_of(place)}{made.id} {_WORDS[made.state]}{why}{again}", err=True)
        if made.state in _ADVICE:
            typer.echo(f"  {_ADVICE[made.state]}", err=True)
        for finding in made.findings:
            if finding.severity != "note" and made.path is not None:
                typer.echo(f"  {finding.severity}: {name_of(finding.message)}", err=True)
        if made.path is not None:
            typer.echo(name_of(made.path))

    def _reason(self, reason: str) -> str:
        """Return a reason, in full when it comes for the first time: all of a grid may fail for one."""
        if reason in self._reasons:
            return "for the same reason"
        self._reasons.add(reason)
        return reason

    def finish(self, made: "Sequence[Generation]", *, calls: "Sequence[Call]", sheet: Path | None) -> None:
        """Print the sum, and raise the exit code.

        Args:
            made: All that was asked for.
            calls: What was sent for it.
            sheet: The contact sheet, if there is one.
        """
        if not self._json:
            self._say_sum(made, calls)
        if sheet is not None:
            typer.echo(f"contact sheet: {name_of(str(sheet))}", err=True)
        if not self._json:
            self._say_next(made)
        pictures = sum(each.state == "picture" for each in made)
        if any(each.state == "cancelled" for each in made):
            raise typer.Exit(130)
        if not pictures:
            # Where nothing was sent, no outside service is to blame.
            raise typer.Exit(3 if calls else 2)
        if pictures < len(made):
            raise typer.Exit(1)

    def _say_sum(self, made: "Sequence[Generation]", calls: "Sequence[Call]") -> None:
        unknown = sum(call.cost_usd is None and call.billed != "no" for call in calls)
        if len(made) > 1:
            states = Counter(_WORDS[each.state] for each in made)
            told = ", ".join(f"{count} {words}" for words, count in states.items())
            cost = round(sum(each.cost_usd or 0.0 for each in made), 6)
            typer.echo(f"{told}; {usd(cost if cost or not unknown else None)}", err=True)
        if unknown:
            told = f"what {counted(unknown, 'call')} cost is not known"
            if self._plan.cost_bound_usd is not None:
                told += f"; `{program()} costs` counts the most it can be"
            typer.echo(told, err=True)

    def _say_next(self, made: "Sequence[Generation]") -> None:
        # They lie in the order in which they were asked for, and not in which they came.
        first = next((each for each in made if each.path is not None), None)
        if first is not None:
            own = program()
            more = f'; {own} refine {first.id} "what to change"{self._where}'
            typer.echo(f"next: {own} lineage {first.id}{self._where}{more}", err=True)
            if self._plan.engine == _DRAFTS and not self._keyed:
                typer.echo("for generated pictures instead of drafts: set GEMINI_API_KEY", err=True)


def _billed(record: "Record") -> str:
    """Return what a picture that never came has cost all the same, to be put behind its reason."""
    billed = [call for call in record.calls if call.billed != "no"]
    if not billed or record.cost_usd == 0:
        return ""
    unknown = record.cost_usd is not None and any(call.cost_usd is None for call in billed)
    return f", {usd(record.cost_usd)}{', and more that is unknown' if unknown else ''}"


def state_of(record: "Record") -> str:
    """Return how a picture ended, in words, with the reason if it has one."""
    return _WORDS[record.state] + (f": {in_flags(record.reason)}" if record.reason else "")


def print_record(record: "Record", *, json: bool) -> None:
    """Print everything known of a picture made here."""
    if json:
        typer.echo(record.model_dump_json())
        return
    for name, value in _facts(record):
        typer.echo(f"{name:12} {name_of(value)}")


def _facts(record: "Record") -> list[tuple[str, str]]:
    size = f", {record.width} x {record.height} pixels" if record.width else ""
    facts = [
        ("id", record.id),
        ("state", state_of(record)),
        ("prompt", in_one_line(record.prompt)),
        *((f"  {name}", value) for name, value in record.values.items()),
        ("file", record.path or ""),
        ("export", record.export_path or ""),
        ("asset", record.asset_id or ""),
        ("goes on from", record.parent or ""),
        ("made by", f"{record.engine}, {record.model}, recipe {record.recipe}"),
        ("asked for", f"{record.ratio} {record.size}{size}"),
        (
            "when",
            _time(record.created_at) + (f", {record.seconds:.1f} s" if record.seconds is not None else ""),
        ),
        (
            "cost",
            f"{usd(record.cost_usd)} ({at_most(record.cost_bound_usd)})"
            if record.cost_bound_usd
            else usd(record.cost_usd),
        ),
        ("the model", record.text or ""),
    ]
    facts += [(f"image {each.number}", f"{each.role}  {each.path}") for each in record.references]
    facts += [(finding.severity, finding.message) for finding in record.findings]
    facts += [(f"call {number}", _call(call)) for number, call in enumerate(record.calls, 1)]
    return [(name, value) for name, value in facts if value]


def _call(call: "Call") -> str:
    why = f": {in_flags(call.reason)}" if call.reason else ""
    return f"{call.outcome}, {call.seconds:.1f} s, {usd(call.cost_usd)}, billed {call.billed}{why}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(" ", "seconds")


def counted(number: int, word: str) -> str:
    """Return a number of things in words.

    Example:
        >>> counted(1, "call"), counted(2, "call")
        ('1 call', '2 calls')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
