import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from musaic.cli.output import program
from musaic.embed.testing import tiny_model
from musaic.library import Library
from musaic.store.lock import FolderLock
from tests.shop import PROGRAM, Shop, call, environment, run, write_pictures

pytestmark = pytest.mark.usefixtures("alone")

HIT = ["asset_id", "path", "kind", "score", "cosine", "start_s", "metadata"]


def search(shop: Shop, *arguments: object) -> tuple[int, str, str]:
    answer = call("search", *arguments, "--library", shop.library)
    return answer.exit_code, answer.stdout, answer.stderr


def paths(shop: Shop, *arguments: object) -> list[str]:
    code, out, err = search(shop, *arguments, "--paths")
    assert (code, err) == (0, "" if out else "no hits\n")
    return [Path(line).stem for line in out.splitlines()]


# --- search ------------------------------------------------------------------------------------------


def test_search_prints_three_hits_best_first_on_stdout_and_what_was_used_on_stderr(shop: Shop) -> None:
    code, out, err = search(shop, "a red square")

    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[0].split()[0] == "1"
    assert lines[0].split()[2] == str(shop.pictures / "red.png")
    assert float(lines[0].split()[1]) > float(lines[1].split()[1]) >= float(lines[2].split()[1])
    assert err == f"library {shop.library / '.musaic'}, encoder tiny\n"


def test_json_is_one_hit_a_line_of_exactly_the_documented_shape(shop: Shop) -> None:
    code, out, err = search(shop, "blue", "--json")

    hits = [json.loads(line) for line in out.splitlines()]
    assert (code, err, len(hits)) == (0, "", 3)
    for hit in hits:
        assert list(hit) == HIT
        assert Path(hit["path"]).is_absolute()
        assert -1 <= hit["cosine"] <= 1
        assert (hit["kind"], hit["start_s"], hit["metadata"]) == ("image", None, {})
    assert hits[0]["path"] == str(shop.pictures / "blue.png")
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_limit_and_offset_cut_one_and_the_same_order(shop: Shop) -> None:
    everything = paths(shop, "yellow", "--limit", "6")

    assert len(everything) == 6
    assert paths(shop, "yellow", "-n", "2") == everything[:2]
    assert paths(shop, "yellow", "--limit", "2", "--offset", "3") == everything[3:5]
    assert paths(shop, "yellow", "--offset", "6") == []


def test_image_takes_a_picture_as_the_query(shop: Shop, tmp_path: Path) -> None:
    Image.new("RGB", (50, 50), "green").save(tmp_path / "query.png")

    assert paths(shop, "--image", tmp_path / "query.png")[0] == "green"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["red", "--order", "name"], "musaic: --order is for a listing without words or a picture"),
        (["red", "-0"], "musaic: -0 ends paths with NUL, and goes with --paths"),
        (["red", "--paths", "--json"], "musaic: both --json and --paths are given"),
        (["red", "--image", "x.png"], "musaic: both words ('red') and --image are given"),
        ([""], "musaic: the query is empty"),
        ([" \t "], "musaic: the query is empty"),
        (["\udcffred cape"], "musaic: the query '\\udcffred cape' is not valid UTF-8"),
        (["--image", "no/such.png"], "musaic: there is no picture at 'no/such.png'"),
        (["red", "--where", ""], "it is empty; is a variable of your shell unset?"),
        (["red", "--limit", "0"], "Invalid value for '--limit'"),
        (["red", "--limit", "many"], "Invalid value for '--limit'"),
        (["red", "--offset", "-1"], "Invalid value for '--offset'"),
        (["red", "--limt", "3"], "No such option: --limt"),
    ],
)
def test_wrong_arguments_end_with_2_and_a_sentence(shop: Shop, arguments: list[str], sentence: str) -> None:
    code, out, err = search(shop, *arguments)

    assert (code, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err


def test_image_that_is_no_picture_is_refused_with_the_reason(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")

    code, out, err = search(shop, "--image", tmp_path / "notes.txt")

    assert (code, out) == (2, "")
    assert "notes.txt: is no picture" in err


def test_where_lets_only_what_fits_through(shop: Shop) -> None:
    assert paths(shop, "red", "--where", 'filename == "blue.png"') == ["blue"]


def test_unknown_field_in_where_is_refused_with_near_names(shop: Shop) -> None:
    code, out, err = search(shop, "red", "--where", "widht > 3")

    assert (code, out) == (2, "")
    assert "there is no field widht; did you mean width" in err


def test_metadata_key_that_no_asset_has_is_a_warning_and_no_error(shop: Shop) -> None:
    code, out, err = search(shop, "red", "--where", 'metadata.saeson == "winter"', "--json")

    assert (code, out) == (0, "")
    assert err.startswith("note: no asset has metadata.saeson")


@pytest.mark.parametrize("shape", [[], ["--json"], ["--paths"]])
def test_no_hits_says_so(shop: Shop, shape: list[str]) -> None:
    code, out, err = search(shop, "red", "--where", "width > 9000", *shape)

    assert (code, out, err) == (0, "", "no hits\n")


def test_file_name_with_control_characters_cannot_move_the_cursor(shop: Shop, tmp_path: Path) -> None:
    name = "re\x1b[2Jd\n.png"
    Image.new("RGB", (40, 40), "red").save(tmp_path / "p.png")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "p.png").rename(tmp_path / "pictures" / name)
    os.utime(tmp_path / "pictures" / name, (1, 1))
    assert call("ingest", tmp_path / "pictures", "--library", tmp_path, "--model", shop.model).exit_code == 0

    table = call("search", "red", "--library", tmp_path)
    as_json = call("search", "red", "--library", tmp_path, "--json")

    assert table.stdout.splitlines()[0].endswith("re\\x1b[2Jd\\n.png")
    assert json.loads(as_json.stdout)["path"].endswith(name)


def test_reader_that_goes_away_is_no_error(shop: Shop, tmp_path: Path) -> None:
    command = [*PROGRAM, "search", "red", "--limit", "6", "--paths", "--library", str(shop.library)]
    reading, writing = os.pipe()
    os.close(reading)  # as `head` that has already ended

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


# --- sheets ------------------------------------------------------------------------------------------


def test_sheet_writes_a_picture_of_the_hits_and_says_where_on_stderr(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"

    code, out, err = search(shop, "red", "--sheet", target)

    assert code == 0
    assert len(out.splitlines()) == 3
    assert f"contact sheet: {target}\n" in err
    with Image.open(target) as sheet:
        reds = [count for count, (r, g, b) in sheet.getcolors(1 << 24) if r > 250 and g < 5 and b < 5]
    assert sum(reds) > 50_000


def test_sheet_besides_json_leaves_both_streams_clean(shop: Shop, tmp_path: Path) -> None:
    code, out, err = search(shop, "red", "--sheet", tmp_path / "s.png", "--json")

    assert (code, err, len(out.splitlines())) == (0, "", 3)
    assert (tmp_path / "s.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no/such/folder/s.png", "there is no folder"),
        ("s.docx", "'.docx' is none of png"),
        ("folder.png", "it is a folder"),
    ],
)
def test_sheet_that_cannot_be_written_ends_with_2_and_no_hits(
    shop: Shop, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "folder.png").mkdir()

    code, out, err = search(shop, "red", "--sheet", tmp_path / name)

    assert (code, out) == (2, "")
    assert err.startswith("musaic: the contact sheet")
    assert reason in err


@pytest.mark.parametrize(
    ("name", "reason"),
    [("", "that is empty"), (" ", "that is empty"), ("-", "not written to standard output")],
)
def test_sheet_that_names_no_file_is_refused_before_the_search(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)

    code, out, err = search(shop, "red", "--sheet", name)

    assert (code, out) == (2, "")
    assert reason in err
    assert list(folder.iterdir()) == []


def test_open_without_a_display_says_where_the_sheet_is(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    code, _, err = search(shop, "red", "--open", "--sheet", tmp_path / "s.png")

    assert code == 0
    assert (
        f"note: no program here shows pictures (no display?); the contact sheet is {tmp_path / 's.png'}\n"
        in err
    )


def test_open_hands_the_sheet_to_the_desktop(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    opener = tmp_path / "bin" / "xdg-open"
    os.mkfifo(tmp_path / "opened")
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path / "opened"}\n')
    opener.chmod(0o755)
    more = {"DISPLAY": ":99", "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}

    answer = run("search", "red", "--open", "--paths", "--library", shop.library, here=tmp_path, more=more)

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert (tmp_path / "opened").read_text() == str(shop.library / ".musaic/outputs/sheet.png")


# --- similar, show -----------------------------------------------------------------------------------


def test_similar_finds_by_path_by_id_and_by_a_foreign_picture(shop: Shop, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.jpg"
    Image.new("RGB", (64, 64), (250, 5, 5)).save(foreign)
    red = shop.pictures / "red.png"
    asset_id = json.loads(call("show", red, "--json", "--library", shop.library).stdout)["asset_id"]

    by_path, by_id, by_file = (
        call("similar", each, "--paths", "--library", shop.library) for each in (red, asset_id, foreign)
    )

    assert by_path == by_id
    assert (by_path.exit_code, by_path.stderr) == (0, "")
    assert str(red) not in by_path.stdout  # the query itself is no hit
    assert by_file.stdout.splitlines()[0] == str(red)


def test_similar_names_the_sheet_after_the_picture_not_after_its_id(shop: Shop, tmp_path: Path) -> None:
    asset_id = json.loads(
        call("show", shop.pictures / "red.png", "--json", "--library", shop.library).stdout
    )["asset_id"]

    for number, asset in enumerate((asset_id, shop.pictures / "red.png")):
        assert (
            call("similar", asset, "--sheet", tmp_path / f"{number}.png", "--library", shop.library).exit_code
            == 0
        )

    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()


def test_similar_refuses_two_shapes_at_once(shop: Shop) -> None:
    both = call("similar", shop.pictures / "red.png", "--json", "--paths", "--library", shop.library)

    assert (both.exit_code, both.stdout) == (2, "")
    assert "both --json and --paths are given" in both.stderr


@pytest.mark.parametrize("command", ["similar", "show"])
def test_asset_that_is_not_there_ends_with_2(shop: Shop, command: str) -> None:
    answer = call(command, "f" * 32, "--library", shop.library)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"musaic: nothing in this library is called '{'f' * 32}'")


def test_show_prints_the_asset_in_words_and_as_json(shop: Shop) -> None:
    file = shop.pictures / "blue.png"

    words = call("show", file, "--library", shop.library)
    shape = json.loads(call("show", file, "--library", shop.library, "--json").stdout)

    assert (words.exit_code, words.stderr) == (0, "")
    facts = dict(line.split(maxsplit=1) for line in words.stdout.splitlines())
    assert facts["file"] == str(file)
    assert facts["size"] == f"300 x 200 pixels, {file.stat().st_size:,} bytes"
    assert Path(facts["thumbnail"]).is_file()
    assert (facts["id"], [str(file)]) == (shape["asset_id"], shape["paths"])
    assert (shape["width"], shape["height"], shape["mime"]) == (300, 200, "image/png")


def test_show_takes_a_file_for_a_file_though_its_name_begins_like_a_generation(
    model: Path, alone: Path
) -> None:
    pictures = write_pictures(alone / "p", ("red", "blue"))
    (pictures / "red.png").rename("g-wagon.png")
    (pictures / "blue.png").rename("g-abcdef")
    assert call("ingest", "g-wagon.png", "g-abcdef", "--model", model).exit_code == 0

    for name in ("g-wagon.png", "g-abcdef"):
        shown = call("show", name)
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert f"{alone / name}" in shown.stdout
    Path("g-wagon.png").unlink()
    assert "(not there now)" in call("show", "g-wagon.png").stdout
    assert "g-abcde0" in call("show", "g-abcde0").stderr


def test_similar_takes_every_limit_that_search_takes(shop: Shop) -> None:
    asset = shop.pictures / "red.png"

    most = call("similar", asset, "--limit", "16384", "--paths", "--library", shop.library)
    last = call("similar", asset, "--limit", "1", "--offset", "16383", "--library", shop.library)
    over = call("similar", asset, "--limit", "16384", "--offset", "1", "--library", shop.library)

    assert (most.exit_code, len(most.stdout.splitlines())) == (0, 5)
    assert (last.exit_code, last.stdout) == (0, "")
    assert over.exit_code == 2
    assert "limit 16384 plus offset 1 is 16385" in over.stderr


# --- the library -------------------------------------------------------------------------------------


def test_no_library_ends_with_2_and_says_how_to_make_one(alone: Path) -> None:
    answer = call("search", "red")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"musaic: there is no library in {alone} or any folder above it; "
        "make one with `musaic ingest FOLDER`, or name one with --library DIR\n"
    )


def test_a_folder_that_was_named_and_holds_no_library_is_said_to_hold_none(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_flag = call("search", "red", "--library", alone / "my shop")
    monkeypatch.setenv("MUSAIC_LIBRARY", str(alone / "my shop"))
    by_variable = call("search", "red")

    assert by_flag == by_variable
    assert (by_flag.exit_code, by_flag.stdout) == (2, "")
    assert by_flag.stderr == (
        f"musaic: there is no library in {alone / 'my shop'}; name another folder, or make one there: "
        f"`musaic ingest FOLDER --library '{alone / 'my shop'}'`\n"
    )


def test_library_whose_settings_were_deleted_is_still_one(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(shop.library / ".musaic", tmp_path / ".musaic")
    (tmp_path / ".musaic/config.toml").unlink()

    found = call("search", "red", "--paths", "--library", tmp_path)

    assert (found.exit_code, found.stderr, len(found.stdout.splitlines())) == (0, "", 3)
    assert call("ingest", shop.pictures, "--library", tmp_path).stdout.startswith("0 added, 6 unchanged")


def test_library_is_found_by_flag_environment_and_from_below(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = call("search", "red", "--paths", "--library", shop.library)
    assert len(wanted.stdout.splitlines()) == 3

    assert call("search", "red", "--paths", "--library", shop.library / ".musaic") == wanted
    monkeypatch.chdir(shop.pictures)
    assert call("search", "red", "--paths") == wanted
    monkeypatch.chdir("/")
    for named in (shop.library, shop.library / ".musaic"):
        monkeypatch.setenv("MUSAIC_LIBRARY", str(named))
        assert call("search", "red", "--paths") == wanted


def test_library_named_by_a_flag_beats_the_environment(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSAIC_LIBRARY", str(tmp_path / "elsewhere"))

    assert call("search", "red", "--paths", "--library", shop.library).exit_code == 0


def test_busy_library_ends_with_2_and_names_who_holds_it(shop: Shop, tmp_path: Path) -> None:
    with FolderLock(shop.library / ".musaic"):
        answer = run("search", "red", "--library", shop.library, here=tmp_path)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert f"in use by process {os.getpid()}" in answer.stderr
    assert "store.uri" in answer.stderr


def test_empty_library_is_a_note_and_no_error(alone: Path) -> None:
    Library.open(alone, create=True).close()

    answer = call("search", "red")

    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr.startswith(f"note: the library {alone / '.musaic'} is empty; `musaic ingest FOLDER`")


def test_other_encoder_than_the_librarys_is_refused_with_the_way_out(shop: Shop, tmp_path: Path) -> None:
    other = tiny_model(tmp_path / "other", seed=7)

    code, out, err = search(shop, "red", "--model", other)

    assert (code, out) == (2, "")
    assert "was built with 'tiny' (fp32" in err
    assert "musaic reindex --model" in err


def test_starter_answers_no_query_of_which_it_knows_no_word(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p")
    assert call("ingest", tmp_path / "p", "--library", tmp_path, "--model", "starter").exit_code == 0

    answer = call("search", "dog", "--library", tmp_path)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("musaic: the starter encoder knows no word of 'dog'")
    assert "musaic models show starter" in answer.stderr


def test_starter_says_which_words_of_a_query_it_did_not_know(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p")
    assert call("ingest", tmp_path / "p", "--library", tmp_path, "--model", "starter").exit_code == 0

    answer = call("search", "red dress for my dachshund", "--library", tmp_path, "--paths")

    assert (answer.exit_code, len(answer.stdout.splitlines())) == (0, 3)
    assert "note: the starter encoder does not know 'dachshund'" in answer.stderr


# --- models, doctor, the program itself --------------------------------------------------------------


def test_models_lists_all_encoders_and_which_are_here() -> None:
    answer = call("models")

    assert (answer.exit_code, answer.stderr) == (0, "")
    heading, starter, *others = answer.stdout.splitlines()
    assert heading.split()[:3] == ["id", "dim", "languages"]
    assert starter.startswith("starter ")
    assert "en es it ru zh" in starter
    assert "on this machine" in starter
    assert [line.split()[0] for line in others][:1] == ["vit-b-32"]
    assert all("MB to get" in line for line in others)


def test_models_json_is_one_encoder_a_line() -> None:
    from musaic.embed import MODELS, ModelSpec

    lines = call("models", "--json").stdout.splitlines()

    assert [ModelSpec.model_validate_json(line) for line in lines] == list(MODELS.values())


def test_models_show_prints_facts_and_the_starters_words() -> None:
    starter = call("models", "show", "starter", "--language", "it").stdout
    vit = call("models", "show", "vit-b-32").stdout

    assert "bundled with Musaic" in starter
    assert "\nit kind: " in starter
    assert "orologio" in starter
    assert "en kind" not in starter
    assert "605 MB" in vit
    assert "kind:" not in vit
    assert json.loads(call("models", "show", "vit-b-32", "--json").stdout)["dim"] == 512


@pytest.mark.parametrize("command", [["models", "show"], ["models", "get"]])
def test_misspelt_model_ends_with_2_and_names_the_nearest_first(command: list[str]) -> None:
    answer = call(*command, "vit-b32-openai")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("musaic: no model 'vit-b32-openai': use one of vit-b-32-openai, ")


def test_models_get_without_a_network_ends_with_3_and_the_ways_out() -> None:
    answer = call("models", "get", "vit-b-32")

    assert (answer.exit_code, answer.stdout) == (3, "")
    assert answer.stderr.startswith("musaic: ")
    assert "starter" in answer.stderr


def test_models_get_of_the_starter_is_its_folder_at_once() -> None:
    answer = call("models", "get", "starter")

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert Path(answer.stdout.strip()).is_dir()


def test_doctor_examines_versions_library_encoder_store_fonts_and_speed(shop: Shop) -> None:
    text = call("doctor", "--library", shop.library)
    lines = [
        json.loads(line) for line in call("doctor", "--library", shop.library, "--json").stdout.splitlines()
    ]

    assert (text.exit_code, text.stderr) == (0, "")
    assert all(list(line) == ["topic", "state", "text"] for line in lines)
    by_topic = {line["topic"]: line for line in reversed(lines)}
    assert {"musaic", "pymilvus", "onnxruntime", "library", "encoder", "store", "fonts", "speed"} <= set(
        by_topic
    )
    assert by_topic["library"]["text"].startswith(f"{shop.library / '.musaic'}: 6 assets from 6 files")
    assert by_topic["encoder"]["text"] == "tiny, fp32, 32 numbers a vector"
    assert "6 rows" in by_topic["store"]["text"]
    assert "pictures a second" in by_topic["speed"]["text"]
    assert any("musaic models get vit-b-32" in line["text"] for line in lines)


def test_doctor_says_that_the_librarys_model_folder_is_gone(tmp_path: Path) -> None:
    folder, pictures = tiny_model(tmp_path / "mine"), write_pictures(tmp_path / "p")
    call("ingest", pictures, "--model", folder, "--library", tmp_path / "lib")

    before = call("doctor", "--library", tmp_path / "lib").stdout
    folder.rename(tmp_path / "moved")
    after = call("doctor", "--library", tmp_path / "lib").stdout

    assert "it is not there any more" not in before
    assert f"model folder {folder}: it is not there any more; name its place with --model PATH" in after


def test_doctor_without_a_library_has_no_problem_but_a_named_one_must_be_there(tmp_path: Path) -> None:
    here = [json.loads(line) for line in call("doctor", "--json").stdout.splitlines()]
    named = call("doctor", "--json", "--library", tmp_path / "gone")

    assert [line["state"] for line in here if line["topic"] == "library"] == ["note"]
    assert named.exit_code == 2
    assert [x["state"] for x in map(json.loads, named.stdout.splitlines()) if x["topic"] == "library"] == [
        "problem"
    ]


@pytest.mark.parametrize(
    ("variables", "engine"),
    [
        ({"MUSAIC_GENERATE__GEMINI__BASE_URL": "http://127.0.0.1:8080/x"}, "gemini at 127.0.0.1:8080"),
        ({"GOOGLE_GEMINI_BASE_URL": "http://name:secret@127.0.0.1:81"}, "gemini at 127.0.0.1:81"),
        ({"GOOGLE_GEMINI_BASE_URL": "http://[half"}, "gemini"),
        ({"GOOGLE_VERTEX_BASE_URL": "http://127.0.0.1:81"}, "gemini"),
    ],
)
def test_doctor_says_at_which_other_address_an_engine_is(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], engine: str
) -> None:
    for name, value in {"GEMINI_API_KEY": "a-key", **variables}.items():
        monkeypatch.setenv(name, value)

    lines = [json.loads(line) for line in call("doctor", "--json").stdout.splitlines()]

    (text,) = [line["text"] for line in lines if line["topic"] == "engine"]
    assert text.startswith(f"{engine}, model gemini-")


def test_doctor_names_a_broken_setting_as_a_problem_and_goes_on(alone: Path) -> None:
    Library.open(alone, create=True).close()
    (alone / ".musaic/config.toml").write_text("[store]\nurl = 'x'\n")

    answer = call("doctor", "--json")

    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 2
    assert any(line["state"] == "problem" and "store.url" in line["text"] for line in lines)
    assert lines[-1]["topic"] == "speed"


def test_token_appears_in_no_output(shop: Shop, tmp_path: Path, alone: Path) -> None:
    secret = "root:hunter2-hunter2"
    Library.open(alone, create=True).close()
    (alone / ".musaic/config.toml").write_text(
        f'[store]\nuri = "http://127.0.0.1:9"\ntimeout_s = 1.0\ntoken = "{secret}"\n'
    )

    said = [call("doctor", "--json"), call("search", "red"), call("doctor")]
    (alone / ".musaic/config.toml").write_text(f'[store]\ntoken = ["{secret}"]\n')
    said.append(call("search", "red"))
    (alone / ".musaic/config.toml").write_text(f'[store]\ntoken = "{secret}\n')
    said.append(call("search", "red"))

    assert [each.exit_code for each in said] == [2, 3, 2, 2, 2]
    assert not any("hunter2" in each.stdout + each.stderr for each in said)


HEAVY = (
    "numpy",
    "PIL",
    "pydantic",
    "pymilvus",
    "milvus_lite",
    "onnxruntime",
    "tokenizers",
    "rich",
    "huggingface_hub",
)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom musaic.cli import main\nsys.argv = ['musaic', '--help']\n"
        "try: main()\nexcept SystemExit as end: assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines()[0].startswith("Usage: musaic")
    assert done.stdout.splitlines()[-1] == "[]"


def test_search_for_words_imports_neither_hub_nor_drawing(shop: Shop, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom musaic.cli import main\n"
        f"sys.argv = ['musaic', 'search', 'red', '--library', {str(shop.library)!r}]\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code\n"
        "unwanted = ('huggingface_hub', 'pymilvus.bulk_writer', 'rich', 'musaic.export', 'musaic.demo', 'onnx')\n"
        "print([name for name in unwanted if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, timeout=60
    )

    assert done.stderr.startswith("library ")
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("argv", "orig", "begins"),
    [
        ("my env/bin/musaic", "my env/bin/python", "'my env/bin/musaic'"),
        ("env/musaic.exe", "env/python.exe", "env/musaic.exe"),
        ("/src/musaic/__main__.py", ".venv/bin/python", ".venv/bin/python -m musaic"),
        ("/usr/bin/pytest", "python", "musaic"),
    ],
)
def test_commands_to_paste_begin_as_this_one_did(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: str, orig: str, begins: str
) -> None:
    monkeypatch.setattr(sys, "argv", [argv, "search"])
    monkeypatch.setattr(sys, "orig_argv", [orig, argv, "search"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == begins
    assert (
        f"`{begins} lineage` lists them"
        in call("lineage", "--page", "x.html", "--library", shop.library).stderr
    )

    (tmp_path / "musaic").write_text("#!/bin/sh\n")
    (tmp_path / "musaic").chmod(0o755)
    assert program() == "musaic"


def test_version_is_printed_and_unknown_commands_end_with_2() -> None:
    version, unknown = call("--version"), call("serach")

    assert (version.exit_code, version.stderr) == (0, "")
    assert version.stdout.startswith("musaic ")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "No such command 'serach'" in unknown.stderr


@pytest.mark.parametrize("arguments", [[], ["ingest"], ["similar"]])
def test_nothing_given_ends_with_2_and_help_on_stderr(arguments: list[str]) -> None:
    answer = call(*arguments)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "Usage: musaic" in answer.stderr


def test_scores_are_on_a_sheet_where_asked_for_and_need_one(shop: Shop, tmp_path: Path) -> None:
    heights = []
    for flags in ((), ("--scores",)):
        assert search(shop, "red", "--sheet", tmp_path / "s.png", *flags)[0] == 0
        with Image.open(tmp_path / "s.png") as sheet:
            heights.append(sheet.height)
    code, _, err = search(shop, "red", "--scores")

    assert heights[1] > heights[0]
    assert (code, "--sheet hits.png --scores" in err) == (2, True)
