"""Write the reference pages that come from the code: cli.md, settings.md, errors.md.

Run `python docs/generate.py` after a change of commands, settings or errors; a test fails until it is done.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from musaic import errors
from musaic.cli import app
from musaic.config import Settings

# Help is wrapped to the terminal; a fixed width keeps the page the same everywhere.
_WIDTH = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}


def commands() -> list[str]:
    """Return every command, as it is typed after `musaic`; the program itself, without one, comes first."""
    return list(_commands(typer.main.get_command(app), ""))


def _commands(command: object, name: str) -> Iterator[str]:
    yield name
    for below, each in getattr(command, "commands", {}).items():
        yield from _commands(each, f"{name} {below}".strip())


def cli_page() -> str:
    """Return the help of every command."""
    parts = ["# Command line\n", (Path(__file__).parent / "cli_intro.md").read_text(encoding="utf-8")]
    for command in commands():
        answer = CliRunner().invoke(app, [*command.split(), "--help"], env=_WIDTH, prog_name="musaic")
        parts.append(f"## musaic {command}".rstrip() + f"\n\n```text\n{answer.output.strip()}\n```\n")
    return "\n".join(parts)


def settings_page() -> str:
    """Return a table of every setting."""
    rows = "\n".join(_setting_rows())
    return (
        "# Settings\n\nA flag beats the environment, which beats the library's `config.toml`, which beats the "
        "default. In `config.toml`, `store.uri` is `uri` under `[store]`. Unknown keys are refused.\n\n"
        "| setting | environment | default | meaning |\n|---|---|---|---|\n"
        f"{rows}\n\n"
        "Besides: `MUSAIC_LIBRARY` names the library; `GEMINI_API_KEY`, `GOOGLE_API_KEY` and `OPENAI_API_KEY` are "
        "read where the `api_key` of an engine is unset; `HF_HUB_OFFLINE`, `HF_ENDPOINT`, `HF_HOME` and `HF_TOKEN` "
        "are the model hub's own, `GOOGLE_GEMINI_BASE_URL` is Google's, and `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID` "
        "are OpenAI's. A key belongs in the environment, not in a file.\n\n"
        "What goes over a network (image services, the model hub, a Milvus server elsewhere) heeds the proxies of the "
        "environment (`https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`) and certificates in `SSL_CERT_FILE`. The "
        "store inside the library heeds none. Variables of the libraries beneath (`MILVUS_*`, `GRPC_*`, "
        "`GOOGLE_GENAI_*` and others) and `.env` files are not read, and an empty variable is an unset one.\n"
    )


def _setting_rows(model: type[BaseModel] = Settings, above: tuple[str, ...] = ()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = (*above, name)
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel):
            yield from _setting_rows(field.annotation, path)
            continue
        variable = "MUSAIC_" + "__".join(path).upper()
        yield f"| `{'.'.join(path)}` | `{variable}` | {_default(field)} | {field.description} |"


def _default(field: FieldInfo) -> str:
    # A factory is not called: it reads this machine's environment, and may return a key.
    unset = field.default is None or field.default_factory is not None
    return "unset" if unset else f"`{field.default}`"


def errors_page() -> str:
    """Return the error tree and what each error says."""
    tree = inspect.getdoc(errors) or ""
    classes = [
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.MusaicError)
    ]
    rows = "\n".join(
        f"| `{each.__name__}` | {each.exit_code} | {', '.join(f'`{name}`' for name in _fields(each)) or '-'} | "
        f"{(inspect.getdoc(each) or '').splitlines()[0]} |"
        for each in classes
    )
    head, _, rest = tree.partition("::")
    drawing, _, tail = rest.strip("\n").partition("\n\n")
    lines = "\n".join(line.removeprefix("    ") for line in drawing.splitlines())
    return (
        f"# Errors\n\n{head.strip()}\n\n```text\n{lines}\n```\n\n{tail.strip()}\n\n"
        f"| error | exit code | fields | when |\n|---|---|---|---|\n{rows}\n"
    )


def _fields(each: type[errors.MusaicError]) -> list[str]:
    # An error without a signature of its own has the fields of the one above it.
    own = next(one for one in each.__mro__ if "__init__" in vars(one))
    if not issubclass(own, errors.MusaicError):
        return []
    return [name for name in inspect.signature(own).parameters if name not in ("message", "args", "kwargs")]


PAGES = {"cli.md": cli_page, "settings.md": settings_page, "errors.md": errors_page}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (Path(__file__).parent / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
