import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from musaic.config import Settings, load
from musaic.errors import ConfigError


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MUSAIC_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_defaults_need_no_file(file: Path) -> None:
    assert load(file).model_dump() == load().model_dump() == Settings().model_dump()
    assert load().embed.model == "auto"
    assert load().store.uri is None


def test_flag_beats_environment_beats_file_beats_default(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(file).ingest.batch_size == 16
    file.write_text("[ingest]\nbatch_size = 3\n")
    assert load(file).ingest.batch_size == 3
    monkeypatch.setenv("MUSAIC_INGEST__BATCH_SIZE", "5")
    assert load(file).ingest.batch_size == 5
    assert load(file, ingest={"batch_size": 7}).ingest.batch_size == 7


def test_sources_are_mixed_setting_by_setting(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[store]\nuri = "http://a:1"\ncollection = "c"\ntimeout_s = 3.0\n')
    monkeypatch.setenv("MUSAIC_STORE__COLLECTION", "d")

    store = load(file, store={"timeout_s": 4.0}).store

    assert (store.uri, store.collection, store.timeout_s) == ("http://a:1", "d", 4.0)


def test_file_is_read_anew_for_every_library(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(f'[store]\ncollection = "{name}"\n')

    assert [load(tmp_path / name).store.collection for name in ("a", "b", "none")] == ["a", "b", "musaic"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[store]\nurl = 'x'\n", "store.url"),
        ("[stores]\nuri = 'x'\n", "stores"),
        ("[ingest]\nbatch_size = 'many'\n", "ingest.batch_size"),
        ("[embed]\nprecision = 'int3'\n", "embed.precision"),
        ("[ingest]\nthumbnail_px = 9\n", "ingest.thumbnail_px"),
    ],
)
def test_what_cannot_be_used_in_the_file_is_refused_by_name_and_place(
    file: Path, text: str, named: str
) -> None:
    file.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert f"{named}: " in str(caught.value)
    assert str(file) in str(caught.value)


def test_unknown_flag_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"embed\.modle: "):
        load(embed={"modle": "starter"})


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("MUSAIC_INGEST__BATCH_SIZE", "none", "ingest.batch_size"),
        ("MUSAIC_STORE__URL", "http://a", "store.url"),
        ("MUSAIC_STORE", "http://a", "store"),
        ("MUSAIC_STORE", '{"url": 1}', "store.url"),
    ],
)
def test_what_cannot_be_used_in_the_environment_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigError, match=named):
        load()


@pytest.mark.parametrize("text", ["[store\n", "uri = \n", "\x00", "[store]\nuri = 'a'\nuri = 'b'\n"])
def test_file_that_is_no_toml_is_refused_with_its_place(file: Path, text: str) -> None:
    file.write_text(text)

    with pytest.raises(ConfigError, match="is not valid TOML") as caught:
        load(file)

    assert str(file) in str(caught.value)


def test_file_that_is_no_text_is_refused_with_its_place(file: Path) -> None:
    file.write_bytes(b"[store]\nuri = '\xff\xfe'\n")

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert str(file) in str(caught.value)


def test_token_is_secret_wherever_it_comes_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[store]\ntoken = 'hunter2'\n")
    from_file, from_flag = load(file), load(store={"token": "hunter2"})
    monkeypatch.setenv("MUSAIC_STORE__TOKEN", "hunter2")

    for settings in (from_file, from_flag, load()):
        assert settings.store.token is not None
        assert settings.store.token.get_secret_value() == "hunter2"
        for text in (repr(settings), str(settings), repr(settings.store), settings.model_dump_json()):
            assert "hunter2" not in text


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("[store]\ntoken = ['hunter2']\n", None),
        ("[store]\ntoken = 'hunter2\n", None),
        ("[store]\ntokens = 'hunter2'\n", None),
        ("store = 'hunter2'\n", None),
        ("", '{"token": "hunter2"'),
        ("", '{"token": {"a": "hunter2"}}'),
    ],
)
def test_token_is_not_in_the_error_of_a_setting_that_cannot_be_used(
    file: Path, monkeypatch: pytest.MonkeyPatch, text: str, variable: str | None
) -> None:
    file.write_text(text)
    if variable is not None:
        monkeypatch.setenv("MUSAIC_STORE", variable)

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert "hunter2" not in str(caught.value)


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    settings = load()

    with pytest.raises(ValidationError):
        settings.store.uri = "http://a"


def test_the_key_for_openai_goes_to_no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")

    own, theirs = load(), load(generate={"openai": {"base_url": "http://127.0.0.1:9/v1"}})

    assert own.generate.openai.api_key is not None
    assert theirs.generate.openai.api_key is None


def test_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "very-secret")

    settings = load()

    assert settings.generate.gemini.api_key is not None
    assert (
        "very-secret" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    )


@pytest.mark.parametrize("name", ["store.timeout_s", "ingest.settle_s", "generate.deadline_s"])
@pytest.mark.parametrize("value", ["inf", "nan", "1e300"])
def test_a_limit_of_time_that_no_clock_can_keep_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSAIC_" + name.upper().replace(".", "__"), value)

    with pytest.raises(ConfigError, match=name):
        load()
