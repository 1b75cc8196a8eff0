"""The loopback Gemini itself: takes requests, keeps them, and answers as it was told."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Self

from musaic.generate.testing.answers import answer
from musaic.generate.testing.behaviours import PICTURED, Step, parse_step
from musaic.generate.testing.connection import Arrival, Listener, Told
from musaic.generate.testing.failures import Reply, refused
from musaic.generate.testing.pictures import Question
from musaic.generate.testing.refusals import check_key, check_length, check_request, model_at
from musaic.generate.testing.wire import Received, Refusal, asked_for, parse_address, parse_body, parse_json
from musaic.schemas import ImageModel, Usage

# Google's limit of a request with pictures in it.
MOST_BODY_BYTES = 100_000_000
_SECRET_HEADERS = ("x-goog-api-key", "authorization", "cookie")


@dataclass(slots=True)
class _Queue:
    """Steps for requests of a kind."""

    text: str
    ratio: str | None
    model: str | None
    steps: deque[Step] = field(default_factory=deque)

    def fits(self, received: Received) -> bool:
        return (
            self.text in received.prompt
            and self.ratio in (None, received.ratio)
            and self.model in (None, received.model)
        )


class FakeGemini:
    """A Gemini on 127.0.0.1 that draws placeholders, refuses what Google refuses, and fails when told to.

    Use it in a ``with`` block; all methods may be called from any thread. It makes no real pictures.

    Attributes:
        key: What it takes as API key, and as bearer token on Vertex AI's paths.

    Example:
        ::

            with FakeGemini() as fake:
                fake.script("rate_limited", "ok")
                client = genai.Client(api_key=fake.key, http_options={"base_url": fake.url})
    """

    def __init__(
        self,
        models: Mapping[str, ImageModel] | None = None,
        *,
        key: str = "fake-key",
        port: int = 0,
        wait_s: float = 0.05,
        most_body_bytes: int = MOST_BODY_BYTES,
        keep_last: int | None = None,
        report: Callable[[Received], None] | None = None,
    ) -> None:
        """Open the port; requests are answered inside the ``with`` block.

        Args:
            models: What it knows, by id; None: Musaic's own table.
            key: The only key that it takes.
            port: 0: the system picks a free one.
            wait_s: Seconds that `rate_limited` asks to wait where it says nothing.
            most_body_bytes: A longer request is refused.
            keep_last: Of so many requests the turns and bodies are kept; None: of all.
            report: Called with each request the moment before its answer goes out, from the thread that answers.

        Raises:
            OSError: The port is taken.
        """
        self.key, self._wait_s, self._most_body_bytes, self._report = key, wait_s, most_body_bytes, report
        self._keep_last = keep_last
        self._models = dict(_own_table() if models is None else models)
        self._changed = threading.Condition()
        self._received: list[Received] = []
        self._queues: list[_Queue] = []
        self._steps: deque[Step] = deque()
        self._otherwise = Step("ok")
        self._takes: Counter[int] = Counter()
        self._free: int | None = None
        self._closing = threading.Event()
        self._listener = Listener(port, self._answered)

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop: requests in flight are cut off. A second call does nothing."""
        self._closing.set()
        self.release()
        self._listener.close()

    @property
    def url(self) -> str:
        """Where it listens, without a path: the SDK's `base_url`."""
        return f"http://127.0.0.1:{self._listener.server_port}"

    @property
    def env(self) -> dict[str, str]:
        """Variables that send a Musaic in another process here."""
        return {"GEMINI_API_KEY": self.key, "MUSAIC_GENERATE__GEMINI__BASE_URL": self.url}

    @property
    def requests(self) -> tuple[Received, ...]:
        """Every request so far, in the order in which they came, also those that were refused."""
        with self._changed:
            return tuple(self._received)

    def script(self, *steps: str) -> None:
        """Say what the next requests get, in order; see `BEHAVIOURS`. Refused requests use up none.

        Args:
            *steps: ``name`` or ``name:value``, e.g. ``rate_limited:2``.

        Raises:
            ValueError: No behaviour has this name.
        """
        parsed = [parse_step(step, wait_s=self._wait_s) for step in steps]
        with self._changed:
            self._steps.extend(parsed)

    def script_for(self, text: str, *steps: str, ratio: str | None = None, model: str | None = None) -> None:
        """Say what the next requests of a kind get; this goes before what `script` says.

        Args:
            text: Stands in the words of the new user turn.
            *steps: As for `script`.
            ratio: Only requests for this ratio.
            model: Only requests to this model.

        Raises:
            ValueError: No behaviour has this name.
        """
        parsed = deque(parse_step(step, wait_s=self._wait_s) for step in steps)
        with self._changed:
            self._queues.append(_Queue(text, ratio, model, parsed))

    def otherwise(self, step: str) -> None:
        """Say what requests get for which nothing is scripted; at first it is ``ok``.

        Raises:
            ValueError: No behaviour has this name.
        """
        parsed = parse_step(step, wait_s=self._wait_s)
        with self._changed:
            self._otherwise = parsed

    def hold(self, *, after: int = 0) -> None:
        """Let so many more good requests through; the others are read and kept, but not answered until `release`."""
        with self._changed:
            self._free = after

    def release(self) -> None:
        """Answer what was held, and hold no more."""
        with self._changed:
            self._free = None
            self._changed.notify_all()

    def wait_for(self, count: int, *, timeout_s: float = 60.0) -> tuple[Received, ...]:
        """Wait until so many requests have come in all, and return them.

        Raises:
            TimeoutError: They did not come in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._received) >= count, timeout=timeout_s):
                raise TimeoutError(f"{len(self._received)} of {count} requests came within {timeout_s:g} s")
            return tuple(self._received)

    def _answered(self, arrival: Arrival) -> Told:
        """Keep a request and say what it gets."""
        received, model = self._read(arrival)
        received = self._keep(received)
        if isinstance(model, Refusal):
            reply = refused(model)
            return self._told(received, Step("ok"), reply, name="refused", message=model.message)
        step = self._next_step(received)
        question = Question(received, model, self._next_take(received, step))
        return self._told(received, step, answer(step, question), name=step.behaviour)

    def _read(self, arrival: Arrival) -> tuple[Received, ImageModel | Refusal]:
        """Return a request as far as it could be read, and its model or why it is refused."""
        shown = {name: value for name, value in arrival.headers.items() if name not in _SECRET_HEADERS}
        received = Received(0, arrival.path, arrival.method, headers=shown, body_bytes=arrival.body_bytes)
        try:
            address = parse_address(arrival.method, arrival.path)
            received = replace(received, model=address.model, version=address.version, vertex=address.vertex)
            check_key(arrival.headers, arrival.query_key, key=self.key)
            check_length(arrival.body_bytes, most=self._most_body_bytes)
            model = model_at(address, self._models)
            received = replace(received, body=parse_json(arrival.body))
            asked = parse_body(received.body, vertex=address.vertex)
            received = asked_for(received, asked)
            check_request(asked, model, vertex=address.vertex)
        except Refusal as refusal:
            return received, refusal
        return received, model

    def _keep(self, received: Received) -> Received:
        with self._changed:
            numbered = replace(received, number=len(self._received) + 1)
            self._received.append(numbered)
            if self._keep_last is not None and len(self._received) > self._keep_last:
                old = len(self._received) - self._keep_last - 1
                self._received[old] = replace(self._received[old], turns=(), body=None)
            self._changed.notify_all()
        return numbered

    def _next_step(self, received: Received) -> Step:
        """Take the step of a request from its queue; wait while requests are held."""
        with self._changed:
            queues = [queue.steps for queue in self._queues if queue.steps and queue.fits(received)]
            steps = queues[0] if queues else self._steps
            step = steps.popleft() if steps else self._otherwise
            if self._free:
                self._free -= 1
            elif self._free == 0:
                self._changed.wait_for(lambda: self._free is None)
        return step

    def _next_take(self, received: Received, step: Step) -> int:
        """Return which picture of the same request this is: a model gives another one each time, but for a seed."""
        if received.seed is not None or step.behaviour not in PICTURED:
            return 1
        same = (received.model, received.turns, received.system, received.ratio, received.size)
        with self._changed:
            self._takes[hash(same)] += 1
            return self._takes[hash(same)]

    def _told(self, received: Received, step: Step, reply: Reply, *, name: str, message: str = "") -> Told:
        """Return the answer, with what is to be noted the moment before it goes out."""
        status = 0 if step.behaviour == "reset" else reply.status
        if step.behaviour == "redirect":
            reply = replace(reply, headers={"Location": step.value.rstrip("/") + received.path})
        done = partial(self._done, received.number - 1, status, name, message, reply.usage)
        return Told(step, reply, done, self._closing)

    def _done(self, place: int, status: int, step: str, message: str, usage: Usage | None) -> None:
        with self._changed:
            done = replace(self._received[place], status=status, step=step, message=message, usage=usage)
            self._received[place] = done
            self._changed.notify_all()
        if self._report is not None:
            self._report(done)


def _own_table() -> Mapping[str, ImageModel]:
    from musaic.generate.tables import load_models

    return load_models({})
