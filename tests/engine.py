"""An engine that a test makes up, in process, and the orchestrator around it."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image
from pydantic import JsonValue

from musaic.generate.base import Answer, Pictured, Request
from musaic.generate.tables import load_recipes
from musaic.ledger import Ledger
from musaic.making import Limits, Making
from musaic.plan import make_plan
from musaic.schemas import Brief, Generation, ImageModel, Plan, Sent, Usage

PRICED = ImageModel(
    id="m-1", engine="test", input_usd=1, output_text_usd=1, output_image_usd=10,
    tokens_per_reference=1000, tokens_per_picture={"1K": 1000}, text_tokens=1000,
)  # fmt: skip
USAGE = Usage(input_text=100, input_image=0, output_text=100, output_image=1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library folder with nothing in it."""
    (tmp_path / ".musaic").mkdir()
    return tmp_path / ".musaic"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    """Its ledger, open."""
    with Ledger(folder / "ledger.sqlite") as opened:
        yield opened


def picture(colour: str = "red", kind: str = "PNG") -> bytes:
    into = io.BytesIO()
    half = Image.new("RGB", (64, 64), colour)
    half.paste("white", (0, 0, 32, 64))
    half.save(into, kind)
    return into.getvalue()


class Engine:
    """An engine of this test: each request gets the next answer, which may be an exception to raise."""

    name = "test"

    def __init__(self, *answers: "Answer | Exception | Callable[[], Answer]") -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []
        self.at_once = self.most_at_once = 0
        self.closed = False

    async def generate(self, request: Request) -> Answer:
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        answer = self._answers.pop(0) if self._answers else came()
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    async def aclose(self) -> None:
        self.closed = True


def came(colour: str = "red", turns: tuple[JsonValue, ...] = ()) -> Pictured:
    return Pictured(pictures=(picture(colour),), usage=USAGE, turns=turns)


def plan(variants: int = 1, ratios: Sequence[str] = ("1:1",)) -> Plan:
    brief = Brief(prompt="a red square", ratios=tuple(ratios), variants=variants)
    return make_plan(brief, recipe=load_recipes(None)["promo"], model=PRICED)


def making(
    folder: Path,
    ledger: Ledger,
    engine: Engine,
    *,
    limits: Limits | None = None,
    stop: threading.Event | None = None,
    on_done: Callable[[Generation], None] | None = None,
    out: Path | None = None,
    turns: Sequence[JsonValue] = (),
    earlier: Sequence[Sent] = (),
) -> Making:
    return Making(
        folder, ledger=ledger, engine=engine, model=PRICED, limits=limits or Limits(concurrency=1),
        stop=stop, on_done=on_done, out=out, turns=turns, earlier=earlier,
    )  # fmt: skip
