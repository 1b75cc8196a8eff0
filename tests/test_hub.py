"""Weights from a hub on loopback."""

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import close_session

from musaic.config import EmbedSettings
from musaic.embed import MODELS, Hub, fetch, is_downloaded, load_embedder, resolve_auto
from musaic.embed.testing import tiny_model
from musaic.errors import ConfigError, HubError, ModelFilesError, ModelWiringError
from tests.fakes.hub import COMMIT, FakeHub, git_digest, running

SPEC = MODELS["vit-b-32"]
VISION = "visual/model.onnx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_model(tmp_path / "published", dim=512, batch=1)


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    (folder / "visual/fp16").mkdir()
    (folder / "visual/fp16/model.armnn").write_bytes(b"for another machine")
    (folder / "README.md").write_text("about")
    with running(str(SPEC.repository), folder) as hub:
        yield hub


@pytest.fixture
def hub(server: FakeHub, tmp_path: Path) -> Hub:
    return Hub(endpoint=server.url, cache=tmp_path / "hub-cache", tries=2)


@pytest.fixture
def unreachable(tmp_path: Path) -> Hub:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return Hub(endpoint=f"http://127.0.0.1:{port}", cache=tmp_path / "hub-cache", tries=1)


def load(hub: Hub, tmp_path: Path, **settings: str) -> object:
    return load_embedder(
        EmbedSettings(model="vit-b-32", **settings), hub=hub, cache=tmp_path / "cache"
    ).embedder


def test_model_of_the_table_is_fetched_and_encodes_as_the_published_folder_does(
    hub: Hub, server: FakeHub, folder: Path, tmp_path: Path
) -> None:
    fetched = load_embedder(EmbedSettings(model="vit-b-32"), hub=hub, cache=tmp_path / "c").embedder
    copied = load_embedder(EmbedSettings(model=str(folder)), cache=tmp_path / "c").embedder

    assert fetched.fingerprint.revision == COMMIT
    assert fetched.fingerprint.weights_sha256 == copied.fingerprint.weights_sha256
    assert np.array_equal(fetched.embed_texts(["a red shirt"]), copied.embed_texts(["a red shirt"]))


def test_only_what_the_model_needs_is_fetched(hub: Hub, server: FakeHub) -> None:
    fetched = hub.fetch(SPEC)

    names = {path.relative_to(fetched).as_posix() for path in fetched.rglob("*") if path.is_file()}
    assert names == set(server.files) - {"README.md", "visual/fp16/model.armnn"}


def test_second_load_asks_the_hub_nothing(hub: Hub, server: FakeHub) -> None:
    first = hub.fetch(SPEC)
    server.requests.clear()

    assert hub.fetch(SPEC) == first
    assert server.requests == []


def test_progress_counts_every_byte_once_and_ends_at_the_total(hub: Hub, server: FakeHub) -> None:
    calls: list[tuple[int, int]] = []
    hub.fetch(SPEC, on_download=lambda done, total: calls.append((done, total)))

    wanted = sum(
        len(body)
        for name, body in server.files.items()
        if name not in ("README.md", "visual/fp16/model.armnn")
    )
    assert calls[0] == (0, wanted)
    assert calls[-1] == (wanted, wanted)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_transfer_that_breaks_off_goes_on_where_it_stopped(hub: Hub, server: FakeHub) -> None:
    server.break_after = [1000, 500]

    fetched = hub.fetch(SPEC)

    assert server.ranges()[:2] == ["bytes=1000-", "bytes=1500-"]
    assert all((fetched / name).read_bytes() == server.files[name] for name in (VISION, "textual/model.onnx"))


def test_interrupted_run_is_resumed_by_the_next_one(hub: Hub, server: FakeHub) -> None:
    server.break_after = [2000]

    def interrupt(done: int, total: int) -> None:
        if any(path.startswith("/cdn/") for _, path, _ in server.requests):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hub.fetch(SPEC, on_download=interrupt)
    fetched = hub.fetch(SPEC)

    assert server.ranges() == ["bytes=2000-"]
    assert (fetched / VISION).read_bytes() == server.files[VISION]


def test_server_that_ignores_ranges_still_gives_whole_files(hub: Hub, server: FakeHub) -> None:
    server.break_after, server.ignore_ranges = [1000], True

    fetched = hub.fetch(SPEC)

    assert (fetched / VISION).read_bytes() == server.files[VISION]


def test_hub_that_gives_up_in_mid_transfer_leaves_what_came(hub: Hub, server: FakeHub) -> None:
    server.break_after = [1000] + [0] * 9

    with pytest.raises(HubError, match="run again to go on") as caught:
        hub.fetch(SPEC)

    assert caught.value.exit_code == 3
    server.break_after = []
    assert (hub.fetch(SPEC) / VISION).read_bytes() == server.files[VISION]
    assert server.ranges()[-1] == "bytes=1000-"


@pytest.mark.parametrize("name", [VISION, "textual/tokenizer.json"])
def test_file_that_comes_damaged_is_thrown_away_and_said_so(hub: Hub, server: FakeHub, name: str) -> None:
    server.corrupt = {name}
    with pytest.raises(HubError, match=f"{name}.*does not match its checksum"):
        hub.fetch(SPEC)
    assert not is_downloaded(SPEC, hub=hub)

    server.corrupt = set()
    assert (hub.fetch(SPEC) / name).read_bytes() == server.files[name]


def test_file_damaged_on_disk_is_named_with_the_repair_and_the_repair_works(
    hub: Hub, server: FakeHub, tmp_path: Path
) -> None:
    blob = (hub.fetch(SPEC) / VISION).resolve()
    blob.write_bytes(blob.read_bytes()[:-7])

    with pytest.raises(ModelFilesError, match=r"model\.onnx is damaged") as caught:
        load(hub, tmp_path)
    assert f"delete {blob}" in str(caught.value)

    blob.unlink()
    load(hub, tmp_path)
    assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name


def test_damaged_blob_is_fetched_anew_when_only_its_link_was_deleted(hub: Hub, server: FakeHub) -> None:
    link = hub.fetch(SPEC) / VISION
    link.resolve().write_bytes(b"damaged")
    link.unlink()

    assert (hub.fetch(SPEC) / VISION).read_bytes() == server.files[VISION]


@pytest.mark.parametrize(
    "name", ["../../evil.json", "/etc/evil.json", "visual\\..\\..\\evil", "visual/a\nb.json"]
)
def test_listing_with_a_path_that_leaves_the_folder_is_refused(
    hub: Hub, server: FakeHub, name: str, tmp_path: Path
) -> None:
    server.extra = [{"rfilename": name, "size": 4, "blobId": git_digest(b"evil")}]

    with pytest.raises(HubError, match="cannot be right"):
        hub.fetch(SPEC)
    assert not list(tmp_path.rglob("*evil*"))


def test_listing_with_a_digest_that_is_no_digest_is_refused(hub: Hub, server: FakeHub) -> None:
    server.extra = [{"rfilename": "visual/x.bin", "size": 4, "blobId": "../../../x"}]

    with pytest.raises(HubError, match="cannot be right"):
        hub.fetch(SPEC)


def test_more_bytes_than_announced_are_refused(hub: Hub, server: FakeHub) -> None:
    entry = {"rfilename": "visual/notes.json", "size": 3, "blobId": git_digest(b"abc")}
    server.files["visual/notes.json"] = b"abcdef" * 1000
    listing = server.listing
    server.listing = lambda: {**listing(), "siblings": [*_without(listing(), "visual/notes.json"), entry]}  # type: ignore[method-assign]

    with pytest.raises(HubError, match="more than the 3 bytes"):
        hub.fetch(SPEC)


def _without(listing: dict[str, object], name: str) -> list[dict[str, object]]:
    siblings = listing["siblings"]
    assert isinstance(siblings, list)
    return [entry for entry in siblings if entry["rfilename"] != name]


def test_repository_without_a_text_tower_is_refused(hub: Hub, server: FakeHub) -> None:
    del server.files["textual/model.onnx"]

    with pytest.raises(HubError, match=r"lacks textual/model\.onnx"):
        hub.fetch(SPEC)


def test_no_network_is_one_sentence_with_the_ways_out(unreachable: Hub, tmp_path: Path) -> None:
    with pytest.raises(HubError) as caught:
        load(unreachable, tmp_path)

    text = str(caught.value)
    assert "\n" not in text
    host = str(unreachable.endpoint).removeprefix("http://")
    assert f"could not be fetched from {host} (" in text
    assert all(way in text for way in ("vit-b-32", "'model': 'PATH'", "HF_ENDPOINT", "'model': 'starter'"))


def test_repository_that_is_gone_is_said(hub: Hub, server: FakeHub) -> None:
    with pytest.raises(HubError, match="no Xenova/clip-vit-base-patch32"):
        hub.fetch(MODELS["vit-b-32-openai"])


def test_refusal_for_good_names_the_host_and_is_not_to_be_tried_again(hub: Hub, server: FakeHub) -> None:
    for server.refuse in (400, 403, 404):
        with pytest.raises(HubError, match=f"127.0.0.1:{server.server_port} does not give") as caught:
            hub.fetch(SPEC)
        assert str(server.refuse) in str(caught.value)
        assert "run again" not in str(caught.value)


def test_refusal_that_may_pass_is_to_be_tried_again(hub: Hub, server: FakeHub) -> None:
    server.refuse = 503

    with pytest.raises(HubError, match="run again to go on"):
        hub.fetch(SPEC)


def test_website_that_is_no_hub_is_said_to_be_none(hub: Hub, server: FakeHub) -> None:
    server.listing = list  # type: ignore[assignment, method-assign]

    with pytest.raises(HubError, match="is no model hub") as caught:
        hub.fetch(SPEC)
    assert "run again" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "notaurl",
        "localhost:8080",
        "ftp://hub.example",
        "http://",
        "http://h:99999",
        "http://a b",
        "http://[::1",
    ],
)
def test_endpoint_that_is_no_address_is_a_wrong_setting(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match="must look like https://") as caught:
        Hub(endpoint=address, cache=tmp_path / "hub-cache").fetch(SPEC)

    assert f"HF_ENDPOINT is {address!r}" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("scheme", ["http", "htp"])
@pytest.mark.parametrize("status", [None, 503, 404])
def test_password_in_an_endpoint_is_not_printed(
    hub: Hub, server: FakeHub, scheme: str, status: int | None
) -> None:
    server.refuse, place = status, f"127.0.0.1:{server.server_port if status else 9}"

    with pytest.raises((HubError, ConfigError)) as caught:
        Hub(endpoint=f"{scheme}://me:secret@{place}", cache=hub.cache, tries=1).fetch(SPEC)

    assert place in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ALL_PROXY", "socks5://me:secret@127.0.0.1:1", "ALL_PROXY names a SOCKS proxy"),
        ("HTTP_PROXY", "socks9://me:secret@127.0.0.1:1", "the proxy in HTTP_PROXY cannot be used"),
        ("SSL_CERT_FILE", "/no/such/file", "SSL_CERT_FILE is /no/such/file"),
    ],
)
def test_setting_of_the_network_that_cannot_be_used_is_told_with_its_variable(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    close_session()  # it is one for the whole process, and was made with another environment
    monkeypatch.setenv(variable, value)
    monkeypatch.setitem(sys.modules, "socksio", None)

    with pytest.raises(HubError) as caught:
        hub.fetch(SPEC)

    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    close_session()


def test_remembered_revision_is_taken_before_a_newer_one(hub: Hub, server: FakeHub) -> None:
    old = hub.fetch(SPEC)
    newer = old.with_name("f" * 40)
    newer.symlink_to(old, target_is_directory=True)

    assert hub.local(SPEC, revision=COMMIT) == old
    assert hub.local(SPEC, revision="e" * 40) is None


def test_half_fetched_model_is_not_taken_for_whole(hub: Hub, server: FakeHub) -> None:
    fetched = hub.fetch(SPEC)
    (fetched / "textual/model.onnx").unlink()

    assert hub.local(SPEC) is None


def test_fetch_of_the_bundled_model_needs_no_hub(unreachable: Hub) -> None:
    assert fetch(MODELS["starter"], hub=unreachable).is_dir()
    assert is_downloaded(MODELS["starter"], hub=unreachable)


def test_transformers_layout_is_fetched_in_one_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    spec = MODELS["vit-b-32-openai"]
    folder = tiny_model(tmp_path / "published", layout="transformers.js", dim=512)
    for tower in ("vision", "text"):
        graph = folder / f"onnx/{tower}_model.onnx"
        (folder / f"onnx/{tower}_model_quantized.onnx").write_bytes(graph.read_bytes())
    with running(str(spec.repository), folder) as server:
        hub = Hub(endpoint=server.url, cache=tmp_path / "hub-cache", tries=1)
        fetched = hub.fetch(spec, precision="int8")
        assert {path.name for path in (fetched / "onnx").iterdir()} == {
            "vision_model_quantized.onnx",
            "text_model_quantized.onnx",
        }
        settings = EmbedSettings(model="vit-b-32-openai", precision="int8")
        loaded = load_embedder(settings, hub=hub, cache=tmp_path / "c")
    assert loaded.embedder.fingerprint.precision == "int8"
    assert hub.local(spec, precision="fp32") is None


def test_model_of_the_table_that_fails_the_self_test_is_refused(
    hub: Hub, server: FakeHub, tmp_path: Path
) -> None:
    other = tiny_model(tmp_path / "other", dim=512, seed=3) / "textual/model.onnx"
    server.files["textual/model.onnx"] = other.read_bytes()

    for _ in range(2):
        with pytest.raises(ModelWiringError, match="'vit-b-32' is wired wrongly"):
            load(hub, tmp_path)


# --- auto ----------------------------------------------------------------------------------------
def test_auto_takes_weights_that_are_on_the_machine_without_asking(hub: Hub, server: FakeHub) -> None:
    hub.fetch(SPEC)
    server.requests.clear()

    assert resolve_auto(ask=None, hub=hub).model == "vit-b-32"
    assert server.requests == []


def test_auto_downloads_nothing_where_nobody_can_be_asked(hub: Hub, server: FakeHub) -> None:
    choice = resolve_auto(ask=None, hub=hub)

    assert choice.model == "starter"
    assert server.requests == []
    assert len(choice.notices) == 1
    assert "musaic reindex --model vit-b-32" in choice.notices[0]


@pytest.mark.parametrize(("answer", "model"), [(True, "vit-b-32"), (False, "starter")])
def test_auto_asks_once_with_the_size(hub: Hub, server: FakeHub, answer: bool, model: str) -> None:
    questions: list[str] = []

    def ask(question: str) -> bool:
        questions.append(question)
        return answer

    assert resolve_auto(ask=ask, hub=hub).model == model
    assert len(questions) == 1
    assert "605 MB" in questions[0]


def test_auto_does_not_ask_when_the_hub_does_not_answer(unreachable: Hub) -> None:
    def ask(question: str) -> bool:
        raise AssertionError(question)

    assert resolve_auto(ask=ask, hub=unreachable).model == "starter"


# --- the hub library's own settings --------------------------------------------------------------
_SCRIPT = """
from musaic.embed import MODELS, fetch
from musaic.errors import ConfigError, HubError
try:
    print(fetch(MODELS["vit-b-32"]))
except HubError as exc:
    print("refused:", exc)
"""


def _run(**env: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "NO_PROXY": "127.0.0.1,localhost",
        **env,
    }
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_endpoint_home_and_offline_of_the_environment_are_honoured(server: FakeHub, tmp_path: Path) -> None:
    home = str(tmp_path / "home")

    refused = _run(HF_ENDPOINT=server.url, HF_HOME=home, HF_HUB_OFFLINE="1")
    assert refused.startswith("refused:")
    assert "HF_HUB_OFFLINE" in refused
    assert server.requests == []

    assert _run(HF_ENDPOINT=server.url, HF_HOME=home).startswith(home)
    server.requests.clear()
    assert _run(HF_ENDPOINT=server.url, HF_HOME=home, HF_HUB_OFFLINE="1").startswith(home)
    assert server.requests == []
