"""How plans, pictures that come, and records are printed."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from musaic.cli.output import name_of, plain

if TYPE_CHECKING:
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


def usd(amount: float | None) -> str:
    """Return an amount of US dollars in words.

    Example:
        >>> usd(0.0336), usd(0), usd(None)
        ('$0.0336', 'nothing', 'unknown')
    """
    if amount is None:
        return "unknown"
    return "nothing" if amount == 0 else f"${amount:.4f}"


def print_plan(plan: "Plan", *, json: bool) -> None:
    """Print exactly what would be sent: references in order, prompts in full, the cost bound."""
    if json:
        typer.echo(plan.model_dump_json())
        return
    typer.echo(f"engine      {plan.engine}, model {plan.model}, recipe {plan.recipe}")
    for line in _reference_lines(plan.references):
        typer.echo(line)
    if plan.conversation:
        typer.echo(f"goes on     from {plan.parent}: its conversation is sent, with these references in it")
    typer.echo(f"costs       {usd(plan.cost_bound_usd)} at most, for {_count(len(plan.shots), 'picture')}")
    for shot in plan.shots:
        words = "".join(f", {name} {value}" for name, value in shot.values.items())
        typer.echo(
            f"\n--- picture {shot.number}: {shot.ratio} {shot.size}{words}, {usd(shot.cost_bound_usd)} at most"
        )
        typer.echo(plain(shot.prompt))
        if shot.follow_prompt is not None:
            typer.echo(
                f"\n    or, once picture {shot.picture} is there in another ratio, with it as the last image:"
            )
            typer.echo(plain(shot.follow_prompt))


def _reference_lines(references: "Sequence[Reference]") -> Iterator[str]:
    for each in references:
        near = "" if each.cosine is None else f"  {each.cosine:.3f}"
        yield f"image {each.number:<2}    {each.role:9} {name_of(each.path)}{near}"


class MakeReport:
    """Prints pictures as they come: JSON lines or paths on stdout, all else on stderr.

    Args:
        plan: What is made.
        json: One JSON object a picture.
    """

    def __init__(self, plan: "Plan", *, json: bool) -> None:
        self._plan, self._json, self._done = plan, json, 0

    def begin(self, thumbnails: Sequence[Path | None]) -> None:
        """Show the references and what it costs at most."""
        if self._json:
            return
        if thumbnails and sys.stdout.isatty():
            from musaic.cli.pictures import show_inline

            show_inline(thumbnails)
        for line in _reference_lines(self._plan.references):
            typer.echo(line, err=True)
        made = _count(len(self._plan.shots), "picture")
        with_what = f"with {self._plan.engine} ({self._plan.model})"
        typer.echo(f"{made} {with_what}, {usd(self._plan.cost_bound_usd)} at most", err=True)

    def __call__(self, made: "Generation") -> None:
        """Take a picture that came, or did not."""
        self._done += 1
        if self._json:
            typer.echo(made.model_dump_json())
            # A program that reads along has each picture as it comes.
            sys.stdout.flush()
            return
        place = f"[{self._done}/{len(self._plan.shots)}] " if len(self._plan.shots) > 1 else ""
        why = f": {name_of(made.reason)}" if made.reason else f", {usd(made.cost_usd)}, {made.seconds:.1f} s"
        typer.echo(f"{place}{made.id} {_WORDS[made.state]}{why}", err=True)
        for finding in made.findings:
            if finding.severity != "note" and made.path is not None:
                typer.echo(f"  {finding.severity}: {name_of(finding.message)}", err=True)
        if made.path is not None:
            typer.echo(name_of(made.path))

    def finish(self, made: "Sequence[Generation]", *, calls: "Sequence[Call]", sheet: Path | None) -> None:
        """Print the sum, and raise the exit code.

        Args:
            made: All that was asked for.
            calls: What was sent for it.
            sheet: The contact sheet, if there is one.
        """
        if not self._json:
            self._say_sum(made, calls, sheet)
        pictures = sum(each.state == "picture" for each in made)
        if any(each.state == "cancelled" for each in made):
            raise typer.Exit(130)
        if not pictures:
            # Where nothing was sent, no outside service is to blame.
            raise typer.Exit(3 if calls else 2)
        if pictures < len(made):
            raise typer.Exit(1)

    def _say_sum(self, made: "Sequence[Generation]", calls: "Sequence[Call]", sheet: Path | None) -> None:
        if len(made) > 1:
            states = Counter(_WORDS[each.state] for each in made)
            told = ", ".join(f"{count} {words}" for words, count in states.items())
            cost = round(sum(each.cost_usd or 0.0 for each in made), 6)
            typer.echo(f"{told}; cost {usd(cost)}", err=True)
        unknown = sum(call.cost_usd is None and call.billed != "no" for call in calls)
        if unknown:
            told = (
                f"what {_count(unknown, 'call')} cost is not known; `musaic costs` counts the most it can be"
            )
            typer.echo(told, err=True)
        if sheet is not None:
            typer.echo(f"contact sheet: {name_of(str(sheet))}", err=True)
        last = next((each for each in reversed(made) if each.path is not None), None)
        if last is not None:
            typer.echo(
                f'next: musaic lineage {last.id}, or musaic refine {last.id} "what to change"', err=True
            )


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
        ("state", _WORDS[record.state] + (f": {record.reason}" if record.reason else "")),
        ("prompt", record.prompt),
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
        ("cost", f"{usd(record.cost_usd)} (at most {usd(record.cost_bound_usd)})"),
        ("the model", record.text or ""),
    ]
    facts += [(f"image {each.number}", f"{each.role}  {each.path}") for each in record.references]
    facts += [(finding.severity, finding.message) for finding in record.findings]
    facts += [(f"call {number}", _call(call)) for number, call in enumerate(record.calls, 1)]
    return [(name, value) for name, value in facts if value]


def _call(call: "Call") -> str:
    why = f": {call.reason}" if call.reason else ""
    return f"{call.outcome}, {call.seconds:.1f} s, {usd(call.cost_usd)}, billed {call.billed}{why}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(" ", "seconds")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
