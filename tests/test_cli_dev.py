import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from musaic.cli.dev import app; app(prog_name='musaic dev')", "fake-gemini"]
MODEL = "gemini-nano-banana-2.1"


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUSAIC_")}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[1] / "src")}


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


def first_line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def post(url: str, key: str, prompt: str) -> int:
    body = json.dumps({"contents": [{"role": "user", "parts": [{"text": prompt}]}]}).encode()
    request = urllib.request.Request(
        f"{url}/v1/models/{MODEL}:generateContent", data=body, headers={"x-goog-api-key": key}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_the_line_to_paste_serves_and_ends(number: signal.Signals) -> None:
    with started("--script", "ok,unavailable") as running:
        words = first_line(running).split()
        variables = dict(word.split("=", 1) for word in words[1:])
        url, key = variables["MUSAIC_GENERATE__GEMINI__BASE_URL"], variables["GEMINI_API_KEY"]
        statuses = [
            post(url, key, "a red\nshoe \x1b[2J"),
            post(url, key, "a hat"),
            post(url, "wrong-key", "a hat"),
        ]
        running.send_signal(number)
        out, err = running.communicate(timeout=20)

    assert words[0] == "export"
    assert url.startswith("http://127.0.0.1:")
    assert statuses == [200, 503, 400]
    assert (running.returncode, out) == (0, "")
    first, second, third = [line for line in err.splitlines() if line[:1].isdigit()]
    assert first.startswith(f"1  200 ok  {MODEL}  ")
    assert "a red shoe" in first
    assert "\x1b" not in err
    assert second.startswith(f"2  503 unavailable  {MODEL}")
    assert third.startswith("3  400 refused")
    assert "API key not valid" in third
    assert key not in err
    assert "wrong-key" not in err
    assert err.rstrip().endswith("fake gemini: stopped")


def test_json_says_the_same_to_programs() -> None:
    with started("--json") as running:
        said = json.loads(first_line(running))

        assert post(said["url"], said["key"], "a shoe") == 200
    assert said["env"] == {"GEMINI_API_KEY": said["key"], "MUSAIC_GENERATE__GEMINI__BASE_URL": said["url"]}


def test_a_step_that_does_not_exist_ends_it_at_once() -> None:
    done = run("--script", "ok,rate_limite")

    assert done.returncode == 2
    assert "did you mean rate_limited" in done.stderr
    assert done.stdout == ""


def test_a_port_that_is_taken_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port))

    assert done.returncode == 2
    assert f"port {port} cannot be used" in done.stderr


def test_the_behaviours_can_be_listed() -> None:
    from musaic.generate.testing import BEHAVIOURS

    listed = run("--script", "list").stdout.splitlines()
    objects = [json.loads(line) for line in run("--script", "list", "--json").stdout.splitlines()]

    assert [line.split()[0] for line in listed] == list(BEHAVIOURS)
    assert {each["name"]: each["what"] for each in objects} == BEHAVIOURS


def test_its_help_says_that_it_makes_no_real_pictures() -> None:
    said = " ".join(run("--help").stdout.split())

    assert "makes no real pictures" in said
    assert "127.0.0.1 only" in said
