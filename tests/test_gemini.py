"""The Gemini engine on the wire: what it sends, how it waits, and what it never tells.

All of tests/test_gemini*.py must pass with google-genai 2.x and 3.x. For the other major version::

    pip install --target /some/folder 'google-genai<3' httpx
    PYTHONPATH=/some/folder python -m pytest tests/test_gemini*.py
"""

import asyncio
import base64
import gzip
import json
import logging
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from musaic.config import GeminiSettings
from musaic.errors import (
    ConfigError,
    EngineAuthError,
    EngineError,
    EngineProtocolError,
    EngineRequestError,
    EngineTimeoutError,
    EngineTransportError,
    UnknownEngineError,
)
from musaic.generate.base import Answer, Pictured
from musaic.generate.gemini import GeminiGenerator
from tests.fakes.gemini import (
    DRAFT,
    KEY,
    MODEL,
    PICTURE,
    PNG,
    ask,
    attachment,
    body,
    candidate,
    error,
    generator,
    image,
    request,
    text,
)
from tests.fakes.replies import Replies, Reply, running


@pytest.fixture(scope="module", autouse=True)
def _direct() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        for name in (
            "GOOGLE_API_KEY",
            "GEMINI_API_KEY",
            "GOOGLE_GEMINI_BASE_URL",
            "GOOGLE_GENAI_API_VERSION",
        ):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def server() -> Iterator[Replies]:
    with running() as started:
        yield started


@pytest.fixture
def warm(server: Replies) -> GeminiGenerator:
    """A generator that has everything imported and open, so that short deadlines time the server alone."""
    one = generator(server.url, deadline_s=1.5)
    server.replies.append(Reply(PICTURE))
    one._deadline_s, wanted = 20.0, one._deadline_s
    ask(one)
    one._deadline_s = wanted
    server.seen.clear()
    return one


def patient(warm: GeminiGenerator, reply: Reply) -> GeminiGenerator:
    """Give a busy machine time for a reply, unless the reply is one that keeps it waiting."""
    if not reply.wait_s:
        warm._deadline_s = 20.0
    return warm


def test_a_line_with_number_and_role_stands_before_each_reference(server: Replies) -> None:
    server.replies.append(Reply(PICTURE))
    first, second = attachment(1), attachment(2, "logo", b"\xff\xd8\xff\xe0 jpeg", "image/jpeg")

    ask(generator(server.url), request("Put image 2 on image 1.", attachments=(first, second)))

    [turn] = server.seen[0].body["contents"]
    words = [part.get("text") for part in turn["parts"]]
    assert words[0] == f"Image 1 — role: product — asset {first.asset_id[:12]}"
    assert words[2] == f"Image 2 — role: logo — asset {second.asset_id[:12]}"
    assert words[4] == "Put image 2 on image 1."
    sent = [base64.urlsafe_b64decode(turn["parts"][place]["inlineData"]["data"]) for place in (1, 3)]
    assert sent == [first.content, second.content]
    assert turn["role"] == "user"


def test_the_request_states_modalities_shape_limit_and_seed(server: Replies) -> None:
    server.replies.append(Reply(PICTURE))

    ask(generator(server.url), request(size="2K", most_output_tokens=5776, seed=7))

    assert server.seen[0].body["generationConfig"] == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        "maxOutputTokens": 5776,
        "seed": 7,
    }
    assert server.seen[0].path.endswith(f"/models/{MODEL}:generateContent")
    assert server.seen[0].headers["x-goog-api-key"] == KEY


def test_a_model_without_size_classes_is_not_asked_for_one(server: Replies) -> None:
    server.replies.append(Reply(PICTURE))

    ask(generator(server.url), request(model="old"))

    assert server.seen[0].body["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9"}


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_the_version_of_the_api_is_a_setting(server: Replies, version: str) -> None:
    server.replies.append(Reply(PICTURE))

    ask(generator(server.url, api_version=version))

    assert server.seen[0].path == f"/{version}/models/{MODEL}:generateContent"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOOGLE_GENAI_API_VERSION", "v99"),
        ("GOOGLE_GENAI_CLIENT_MODE", "replay"),
        ("GOOGLE_GENAI_HTTP_CLIENT", "none of them"),
        ("GOOGLE_GENAI_USE_VERTEXAI", "true"),
        ("GOOGLE_CLOUD_PROJECT", "somebody's"),
    ],
)
def test_a_variable_of_the_sdk_changes_nothing_and_stays(
    server: Replies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    server.replies += [Reply(PICTURE), Reply(PICTURE)]
    ask(generator(server.url))
    monkeypatch.setenv(name, value)

    ask(generator(server.url))

    assert server.seen[0].path == server.seen[1].path
    assert value not in caplog.text
    assert os.environ[name] == value


def test_vertex_takes_a_key(server: Replies) -> None:
    server.replies.append(Reply(PICTURE))

    answer = ask(generator(server.url, vertex=True), request(attachments=(attachment(1),)))

    assert isinstance(answer, Pictured)
    assert answer.pictures == (PNG,)
    assert server.seen[0].path == f"/v1beta1/publishers/google/models/{MODEL}:generateContent"
    assert server.seen[0].headers["x-goog-api-key"] == KEY


def test_vertex_with_a_project_uses_the_machines_credentials(
    server: Replies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.replies.extend([Reply({"access_token": "ya29.made-up", "expires_in": 3600}), Reply(PICTURE)])
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {"type": "service_account", "client_email": "robot@shop.example", "private_key": pem}
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account | {"token_uri": f"{server.url}/token", "project_id": "shop"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))

    ask(generator(server.url, vertex=True, project="shop", location="global"))

    assert server.seen[-1].headers["authorization"] == "Bearer ya29.made-up"
    assert "x-goog-api-key" not in server.seen[-1].headers
    assert server.seen[-1].path == (
        f"/v1beta1/projects/shop/locations/global/publishers/google/models/{MODEL}:generateContent"
    )


def test_vertex_without_credentials_says_how_to_get_them(
    server: Replies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))

    with pytest.raises(EngineAuthError, match="gcloud auth application-default login") as caught:
        ask(generator(server.url, vertex=True, project="shop"))

    assert caught.value.billed == "no"
    assert server.seen == []


# --- the conversation --------------------------------------------------------------------------------


def test_a_conversation_goes_back_whole_with_its_signatures(server: Replies) -> None:
    answers = body(candidate(text("Here."), image(thoughtSignature="c2lnLQ+/_w==")))
    server.replies.extend([Reply(answers), Reply(PICTURE)])
    one = generator(server.url)

    first = ask(one, request("a watch", attachments=(attachment(1),)))
    assert isinstance(first, Pictured)
    stored = json.loads(json.dumps(first.turns))
    second = ask(one, request("larger", turns=tuple(stored)))

    user, model, new = server.seen[1].body["contents"]
    assert user == server.seen[0].body["contents"][0]
    assert [part.get("text") for part in model["parts"]] == ["Here.", None]
    assert base64.urlsafe_b64decode(model["parts"][1]["inlineData"]["data"]) == PNG
    assert model["parts"][1]["thoughtSignature"].translate(str.maketrans("-_", "+/")) == "c2lnLQ+//w=="
    assert (model["role"], new) == ("model", {"role": "user", "parts": [{"text": "larger"}]})
    assert isinstance(second, Pictured)
    assert [turn["role"] for turn in second.turns] == ["user", "model", "user", "model"]  # type: ignore[index, call-overload]
    assert second.turns[:2] == first.turns


def test_stored_pictures_are_standard_base64(server: Replies) -> None:
    server.replies.append(Reply(body(candidate(image(base64.urlsafe_b64encode(PNG).decode())))))

    answer = ask(generator(server.url), request(attachments=(attachment(1),)))

    assert isinstance(answer, Pictured)
    inline = {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}
    assert answer.turns[0]["parts"][1]["inlineData"] == inline  # type: ignore[index, call-overload]
    assert answer.turns[1]["parts"][0]["inlineData"] == inline  # type: ignore[index, call-overload]


def test_drafts_do_not_go_back_but_signed_thoughts_do(server: Replies) -> None:
    thoughts = (image(DRAFT, thought=True), text("hm", thought=True, thoughtSignature="c2ln"))
    server.replies.append(Reply(body(candidate(*thoughts, image(thoughtSignature="c2lu")))))

    answer = ask(generator(server.url))

    assert isinstance(answer, Pictured)
    kept = answer.turns[-1]["parts"]  # type: ignore[index, call-overload]
    assert kept == [text("hm", thought=True, thoughtSignature="c2ln"), image(thoughtSignature="c2lu")]


def test_turns_in_the_other_spelling_of_keys_are_read(server: Replies) -> None:
    server.replies.append(Reply(PICTURE))
    part = {"inline_data": {"mime_type": "image/webp", "data": "UklGRg=="}, "thought_signature": "c2ln"}

    ask(generator(server.url), request(turns=({"role": "model", "parts": [part]},)))

    sent = server.seen[0].body["contents"][0]["parts"][0]
    assert sent["inlineData"] == {"mime_type": "image/webp", "data": "UklGRg=="}
    assert sent["thoughtSignature"] == "c2ln"


@pytest.mark.parametrize(
    "turn", ["words", {"role": "user"}, {"parts": ["x"]}, {"parts": [{"inlineData": {"data": "*"}}]}]
)
def test_a_broken_stored_turn_is_refused_before_anything_is_sent(server: Replies, turn: object) -> None:
    with pytest.raises(EngineRequestError, match="conversation") as caught:
        ask(generator(server.url), request(turns=(turn,)))

    assert caught.value.billed == "no"
    assert server.seen == []


# --- time and the connection -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply", [Reply(PICTURE, wait_s=60), Reply(PICTURE, drip_s=0.1)], ids=["slow", "drip"]
)
def test_the_deadline_is_for_the_whole_answer(server: Replies, warm: GeminiGenerator, reply: Reply) -> None:
    server.replies.append(reply)

    with pytest.raises(EngineTimeoutError, match=r"within 1\.5 s") as caught:
        ask(warm)

    assert (caught.value.billed, caught.value.retryable) == ("unknown", False)
    server.wait_for(1)
    assert len(server.seen) == 1


def test_a_4k_picture_has_300_seconds_at_least(server: Replies) -> None:
    server.replies.extend([Reply(PICTURE)] * 3)

    for size, deadline_s in (("4K", 60.0), ("4K", 400.0), ("2K", 60.0)):
        ask(generator(server.url, deadline_s=deadline_s), request(size=size))

    assert [seen.headers["x-server-timeout"] for seen in server.seen] == ["300", "400", "60"]


def test_nobody_listening_costs_nothing_and_may_be_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one = generator(f"http://127.0.0.1:{taken.getsockname()[1]}")

        with pytest.raises(EngineTransportError, match=r"no connection to 127\.0\.0\.1") as caught:
            ask(one)

    assert (caught.value.billed, caught.value.retryable) == ("no", True)


@pytest.mark.parametrize(
    "reply",
    [Reply(reset="late"), Reply(PICTURE, cut=40), Reply(raw=b""), Reply(raw=b"nonsense\r\n\r\n")],
    ids=["reset", "cut", "closed", "nonsense"],
)
def test_a_connection_that_breaks_after_sending_may_be_billed(server: Replies, reply: Reply) -> None:
    server.replies.append(reply)

    with pytest.raises(EngineTransportError) as caught:
        ask(generator(server.url))

    assert (caught.value.billed, caught.value.retryable) == ("unknown", False)
    assert len(server.seen) == 1


def test_a_connection_that_breaks_while_sending_costs_nothing(server: Replies) -> None:
    server.replies.append(Reply(reset="early"))
    large = attachment(1, content=bytes(20_000_000))

    with pytest.raises(EngineTransportError) as caught:
        ask(generator(server.url), request(attachments=(large,)))

    assert (caught.value.billed, caught.value.retryable) == ("no", True)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_a_proxy_that_does_not_let_us_through_costs_nothing(
    server: Replies, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.replies.append(Reply(raw=f"HTTP/1.1 {status}\r\n\r\n".encode()))

    with pytest.raises(EngineTransportError) as caught:
        ask(generator("https://gemini.invalid"))

    assert caught.value.billed == "no"
    assert [seen.path for seen in server.seen] == ["gemini.invalid:443"]
    assert KEY not in str(server.seen[0].headers)


def test_an_answer_in_broken_compression_may_be_billed(server: Replies) -> None:
    server.replies.append(Reply(b"no gzip", headers={"Content-Encoding": "gzip"}))

    with pytest.raises(EngineProtocolError) as caught:
        ask(generator(server.url))

    assert caught.value.billed == "unknown"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_refused_and_the_key_stays(server: Replies, status: int) -> None:
    with running() as other:
        other.replies.append(Reply(PICTURE))
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        server.replies.append(Reply(b"", status=status, headers={"Location": f"{elsewhere}/x?key={KEY}"}))

        with pytest.raises(EngineProtocolError, match=r"localhost.*redirects are refused") as caught:
            ask(generator(server.url))

        assert other.seen == []
    assert KEY not in str(caught.value)
    assert (caught.value.billed, caught.value.retryable) == ("no", False)


@pytest.mark.parametrize("location", ["", "http://[broken", "/elsewhere"])
def test_a_redirect_to_nowhere_is_refused_too(server: Replies, location: str) -> None:
    server.replies.append(Reply(b"", status=307, headers={"Location": location} if location else {}))

    with pytest.raises(EngineProtocolError, match="redirects are refused"):
        ask(generator(server.url))


@pytest.mark.parametrize("reply", [Reply(error(503, "overloaded"), status=503), Reply(reset="late")])
def test_one_call_is_one_request(server: Replies, reply: Reply) -> None:
    server.replies.extend([reply, Reply(PICTURE)])

    with pytest.raises(EngineError):
        ask(generator(server.url))

    assert len(server.seen) == 1


def test_the_sdk_does_not_go_on_asking_by_itself(server: Replies) -> None:
    part = image() | {"partMetadata": {"continuationToken": "abc"}}
    begun = body(candidate(part, finish="CONTINUATION", continuationToken="YWJj"), continuationToken="YWJj")
    server.replies.extend([Reply(begun), Reply(PICTURE)])

    ask(generator(server.url))

    assert len(server.seen) == 1


def test_calls_run_side_by_side(server: Replies) -> None:
    """None is answered before all four have come; one after the other they would wait in vain."""
    server.replies.extend([Reply(PICTURE, together=4)] * 4)
    one = generator(server.url, deadline_s=60)

    async def four() -> list[Answer]:
        answers = await asyncio.gather(*(one.generate(request()) for _ in range(4)))
        await one.aclose()
        return answers

    assert all(isinstance(answer, Pictured) for answer in asyncio.run(four()))
    assert len(server.seen) == 4


def test_a_cancelled_call_ends_at_once_and_leaves_the_generator_usable(server: Replies) -> None:
    server.replies.extend([Reply(PICTURE, wait_s=60), Reply(PICTURE)])
    one = generator(server.url)

    async def cancelled() -> bool:
        task = asyncio.create_task(one.generate(request()))
        while not server.seen:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return isinstance(await one.generate(request()), Pictured)

    assert asyncio.run(cancelled())


def test_closing_twice_does_nothing_and_closes_all(server: Replies) -> None:
    server.replies.append(Reply(PICTURE))

    async def closed() -> tuple[bool, bool]:
        one = generator(server.url)
        await one.aclose()
        await one.generate(request())
        assert one._opened is not None
        client, http = one._opened
        await one.aclose()
        await one.aclose()
        return http.is_closed, client._api_client._httpx_client.is_closed

    assert asyncio.run(closed()) == (True, True)


# --- settings ----------------------------------------------------------------------------------------


def test_importing_the_engine_does_not_import_the_sdk() -> None:
    probe = (
        "import musaic.generate.gemini, sys; print(*({'google.genai', 'httpx', 'httpx2'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "settings",
    [{"api_key": None}, {"api_key": SecretStr("  ")}, {"api_key": None, "vertex": True}],
    ids=["none", "blank", "vertex"],
)
def test_without_key_or_project_the_engine_is_not_configured(settings: dict[str, object]) -> None:
    with pytest.raises(UnknownEngineError, match="GEMINI_API_KEY"):
        generator("http://127.0.0.1:9", **settings)


@pytest.mark.parametrize(
    "url", ["localhost:9000", "ftp://host", "http://", "https://user:pw@host", "http://h?key=k"]
)
def test_an_address_that_cannot_be_used_is_a_setting_error(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url") as caught:
        generator(url)

    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("key", ["bad\nkey", "schlüssel", "two words"])
def test_a_key_that_cannot_be_one_is_refused_unseen(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        generator("http://127.0.0.1:9", api_key=SecretStr(key))

    assert key not in str(caught.value)


def test_a_model_name_that_is_none_is_not_sent(server: Replies) -> None:
    with pytest.raises(EngineRequestError) as caught:
        ask(generator(server.url), request(model="../files?x=1"))

    assert caught.value.billed == "no"
    assert server.seen == []


# --- the key -----------------------------------------------------------------------------------------


def _chain(raised: BaseException | None) -> Iterator[BaseException]:
    while raised is not None:
        yield raised
        raised = raised.__cause__ or raised.__context__


def _told(raised: BaseException) -> str:
    """Return what tracebacks and reprs tell of an error and of those it came from."""
    return "".join(line for one in _chain(raised) for line in [repr(one), *traceback.format_exception(one)])


def _locals(raised: BaseException) -> str:
    """Return the local variables of every frame outside the tests, as some loggers and debuggers print them."""
    frames = [
        frame
        for one in _chain(raised)
        for frame in traceback.TracebackException.from_exception(one, capture_locals=True).stack
        if "tests" not in frame.filename
    ]
    return "\n".join(f"{name}={value}" for frame in frames for name, value in (frame.locals or {}).items())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(error(400, f"API key not valid: {KEY}"), status=400),
        Reply(f"<html><b>{KEY}</b> is unknown</html>".encode(), status=500),
        Reply(f"see https://host/x?key={KEY[:30]}".encode(), status=403),
        Reply(f"<p>{KEY}</p>".encode()),
        Reply(("x" * 290 + KEY).encode(), status=404),
        Reply("".join(f"&#{ord(letter)};" for letter in KEY).encode(), status=404),
        Reply(error(500, "token ya29.a0AfB_by-secret was refused"), status=500),
        Reply(reset="late"),
        Reply(PICTURE, cut=5),
        Reply(PICTURE, wait_s=60),
    ],
)
def test_no_error_tells_the_key(
    server: Replies, warm: GeminiGenerator, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.replies.append(reply)

    with pytest.raises(EngineError) as caught:
        ask(patient(warm, reply))

    told = _told(caught.value) + caplog.text + repr(warm) + repr(vars(warm))
    server.wait_for(1)
    assert server.seen[0].headers["x-goog-api-key"] == KEY
    for secret in (KEY[:10], KEY[:10].lower(), "a0AfB_by"):
        assert secret not in told


@pytest.mark.parametrize(
    "reply",
    [Reply(error(503, "no"), status=503), Reply(b"<p>"), Reply(reset="late"), Reply(PICTURE, wait_s=60)],
)
def test_no_frame_of_an_error_holds_the_key(server: Replies, warm: GeminiGenerator, reply: Reply) -> None:
    server.replies.append(reply)

    with pytest.raises(EngineError) as caught:
        ask(patient(warm, reply))

    assert "GeminiGenerator object" in _locals(caught.value)
    assert KEY not in _locals(caught.value)


def test_the_log_of_a_good_call_does_not_hold_the_key(
    server: Replies, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.replies.append(Reply(PICTURE))

    ask(generator(server.url))

    assert "POST" in caplog.text
    assert KEY not in caplog.text


def test_the_sdk_does_not_claim_to_use_another_key(
    server: Replies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    server.replies.append(Reply(PICTURE))

    one = GeminiGenerator(GeminiSettings(base_url=server.url), models={}, deadline_s=20)
    ask(one)

    assert server.seen[0].headers["x-goog-api-key"] == KEY
    assert "GOOGLE_API_KEY" not in caplog.text


@pytest.mark.parametrize(("status", "mib"), [(200, 256), (500, 1)])
def test_an_answer_without_end_is_left_and_may_have_been_billed(
    server: Replies, status: int, mib: int
) -> None:
    packed = gzip.compress(bytes((mib << 20) + (80 << 10)), 1)
    server.replies.append(Reply(packed, status=status, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(EngineError) as raised:
        ask(generator(server.url))

    if status == 200:
        assert "larger than 256 MiB" in str(raised.value)
        assert isinstance(raised.value, EngineProtocolError)
        assert raised.value.billed == "unknown"
    else:
        assert "HTTP 500" in str(raised.value)
        assert len(str(raised.value)) < 200


def test_an_answer_of_any_picture_is_read_whole(server: Replies) -> None:
    content = PNG + bytes(40 << 20)
    server.replies.append(Reply(body(candidate(image(content)))))

    answer = ask(generator(server.url))

    assert isinstance(answer, Pictured)
    assert answer.pictures == (content,)
