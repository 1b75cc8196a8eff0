"""Commands for those who build on Musaic."""

import json as json_module
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from musaic.cli.options import JsonOption
from musaic.cli.output import errors_to_stderr, name_of, plain
from musaic.errors import ConfigError

if TYPE_CHECKING:
    from musaic.generate.testing import FakeGemini, Received

app = typer.Typer(help="For those who build on Musaic.", no_args_is_help=True, rich_markup_mode=None)

# So many requests' pictures stay in memory; the server may run for days.
_KEPT_REQUESTS = 20
_SHOWN_LETTERS = 60


@app.callback()
def dev() -> None:
    """Give tools to those who build on Musaic."""


@app.command("fake-gemini")
def fake_gemini(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
    script: Annotated[
        str,
        typer.Option(
            help="What the next requests get, in order and with commas: e.g. ok,rate_limited:2,no_image. "
            "--script list names them all."
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Start a Gemini on this machine that makes no real pictures: to build and test without a key and without cost.

    It draws what was asked for, refuses what Google refuses, and fails when told to. It listens on 127.0.0.1
    only, prints the variables to set on stdout and a line for each request on stderr. Ctrl-C ends it.
    """
    with errors_to_stderr():
        if script == "list":
            _list_behaviours(json=json)
            return
        with _ending_signals() as ended, _started(port, script) as fake:
            _say_where(fake, json=json)
            while not ended.wait(0.5):  # Windows delivers Ctrl-C only between waits
                pass
        typer.echo("\nfake gemini: stopped", err=True)


def _started(port: int, script: str) -> "FakeGemini":
    from musaic.config import load
    from musaic.generate.tables import load_models
    from musaic.generate.testing import FakeGemini

    models = load_models(load().generate.models)
    try:
        fake = FakeGemini(models, port=port, keep_last=_KEPT_REQUESTS, report=_report)
    except OSError as exc:
        raise ConfigError(
            f"port {port} cannot be used: {exc.strerror or exc}; --port 0 finds a free one"
        ) from exc
    try:
        fake.script(*(step.strip() for step in script.split(",") if step.strip()))
    except ValueError:
        fake.close()
        raise
    return fake


def _say_where(fake: "FakeGemini", *, json: bool) -> None:
    if json:
        typer.echo(json_module.dumps({"url": fake.url, "key": fake.key, "env": fake.env}))
        return
    typer.echo("export " + " ".join(f"{name}={value}" for name, value in fake.env.items()))
    typer.echo(
        "fake gemini: no real pictures; paste the line above into another shell. Ctrl-C ends.", err=True
    )


def _list_behaviours(*, json: bool) -> None:
    from musaic.generate.testing import BEHAVIOURS

    for name, what in BEHAVIOURS.items():
        typer.echo(json_module.dumps({"name": name, "what": what}) if json else f"{name:18} {what}")


def _report(received: "Received") -> None:
    images = len(received.images)
    words = " ".join(received.prompt.split())
    shown = words if len(words) <= _SHOWN_LETTERS else f"{words[: _SHOWN_LETTERS - 3]}..."
    asked = f"{received.ratio or '-'} {received.size or '-'}, {images} image{'' if images == 1 else 's'}"
    what = received.message or (f'{asked}, "{shown}"' if received.turns else received.path)
    line = f"{received.number}  {received.status or 'cut'} {received.step}  {received.model or '-'}  {what}"
    typer.echo(name_of(plain(line.strip())), err=True)


@contextmanager
def _ending_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C or SIGTERM sets, also where a shell had them ignored for a background job."""
    ended = threading.Event()

    def end(number: int, frame: object) -> None:  # noqa: ARG001  the signal module's signature
        ended.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for each, previous in before.items():
            signal.signal(each, previous)
