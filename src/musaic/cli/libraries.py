"""The library a command works on."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from musaic.cli.output import download_report, notice, on_terminal, plain

if TYPE_CHECKING:
    from musaic.library import Library


@contextmanager
def opened(
    library: Path | None,
    embed: dict[str, object] | None = None,
    *,
    create: bool = False,
    generate: dict[str, object] | None = None,
    hold: bool = True,
) -> "Iterator[Library]":
    """Give the library that the flags name, and close it at the end.

    Args:
        library: As named, or None for the one here or above.
        embed: Settings from flags.
        create: Make it if there is none; one that was made so goes again after an error before the first file.
        generate: Settings from flags.
        hold: Keep an embedded store open all the time; else it is open only while a method needs it, and free for
            others while this waits for something.
    """
    with _made_for_use(library) if create else nullcontext():
        found = _open(library, embed, create=create, generate=generate)
        try:
            if hold:
                with found:
                    yield found
            else:
                yield found
        finally:
            found.close()


def _open(
    library: Path | None,
    embed: dict[str, object] | None,
    *,
    create: bool,
    generate: dict[str, object] | None,
) -> "Library":
    from musaic.library import Library

    return Library.open(
        library,
        create=create,
        embed=embed,
        generate=generate,
        notify=notice,
        ask=_ask if on_terminal() else None,
        on_download=download_report(),
    )


@contextmanager
def _made_for_use(library: Path | None) -> Iterator[None]:
    """Remove a library again that is made within, where an error comes before anything was done in it."""
    from musaic.home import find, place_of, unmake

    folder, kept = place_of(library)
    # What is left of a library that was damaged is for people to look at.
    if find(library) is not None or folder.exists():
        yield
        return
    try:
        yield
    except typer.Exit:  # a run that came to its end, with failures or interrupted
        raise
    except BaseException:
        unmake(folder, kept=kept)
        raise


def _ask(question: str) -> bool:
    return typer.confirm(question, default=True, err=True)


def say_what_was_used(library: "Library") -> None:
    """Print on stderr which library and encoder answered."""
    built_with = library.built_with()
    encoder = "" if built_with is None else f", encoder {built_with.model}"
    typer.echo(plain(f"library {library.folder}{encoder}"), err=True)
