"""`musaic generate` and `refine`: what is taken, what is printed, how it ends."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.shop import PROGRAM, Answer, call, environment, run
from tests.studio import Studio

SHAPE = ["id", "path", "state", "reason", "engine", "model", "references", "findings", "cost_usd", "seconds"]
REFERENCE = ["number", "asset_id", "path", "role", "cosine"]


def generate(studio: Studio, *arguments: object) -> Answer:
    return call("generate", *arguments, "--library", studio.folder)


def lines(answer: Answer) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.stdout.splitlines()]


# --- what is printed ---------------------------------------------------------------------------------


def test_json_is_one_object_a_picture_of_exactly_the_documented_shape(studio: Studio) -> None:
    studio.fake.script_for("green", "prompt_blocked")

    answer = generate(studio, "a square", "--find", "red", "--vary", "colour=red,green", "--json")

    assert answer.exit_code == 1
    (sheet,) = answer.stderr.splitlines()
    assert Path(sheet.removeprefix("contact sheet: ")).is_file()
    made = lines(answer)
    assert [list(each) for each in made] == [SHAPE, SHAPE]
    by_state = {each["state"]: each for each in made}
    picture, blocked = by_state["picture"], by_state["prompt_blocked"]
    assert Path(str(picture["path"])).is_absolute()
    assert Path(str(picture["path"])).is_file()
    assert picture["reason"] is None
    assert (blocked["path"], blocked["reason"]) == (None, "SAFETY")
    for each in made:
        (reference,) = each["references"]  # type: ignore[misc]
        assert list(reference) == REFERENCE
        assert reference["path"] == str(studio.pictures / "red.png")
        assert 0.9 < reference["cosine"] <= 1
        assert isinstance(each["cost_usd"], float)


def test_paths_are_on_stdout_and_the_summary_on_stderr_says_which_is_which(studio: Studio) -> None:
    studio.fake.script_for("a red square", "prompt_blocked", "rate_limited", "truncated_png")

    answer = generate(studio, "a red square", "--find", "red", "--variants", 4, "--ratio", "1:1,16:9,9:16")

    assert answer.exit_code == 1
    assert len(answer.stdout.splitlines()) == 10
    assert all(Path(line).is_file() for line in answer.stdout.splitlines())
    for words in ("image 1     product   ", "prompt blocked: SAFETY", "malformed: ", "[12/12] ", "at most"):
        assert words in answer.stderr
    summary = next(line for line in answer.stderr.splitlines() if "; $" in line)
    assert "10 made" in summary
    assert "1 prompt blocked" in summary
    assert "1 malformed" in summary
    costs = call("costs", "--by", "model", "--json", "--library", studio.folder)
    (line,) = lines(costs)
    assert line["cost_usd"] == studio.reported_usd()
    assert f"; ${studio.reported_usd():.4f}" in summary
    sheet = next(line for line in answer.stderr.splitlines() if line.startswith("contact sheet: "))
    with Image.open(sheet.removeprefix("contact sheet: ")) as drawn:
        assert drawn.width > drawn.height / 4


def test_what_a_lost_call_cost_is_said_to_be_unknown(studio: Studio) -> None:
    studio.fake.script("reset")

    answer = generate(studio, "a red square", "--find-limit", 0)

    assert answer.exit_code == 3
    assert "what 1 call cost is not known; `musaic costs` counts the most it can be" in answer.stderr


def test_what_a_picture_that_never_came_cost_stands_behind_its_reason(studio: Studio) -> None:
    studio.fake.script("prompt_blocked", "reset", "permission_denied")

    said = [generate(studio, "a square", "--find-limit", 0).stderr.splitlines() for _ in range(3)]

    blocked, lost, refused = (next(line for line in each if line.startswith("g-")) for each in said)
    assert blocked.endswith(f"prompt blocked: SAFETY, ${studio.records()[0].cost_usd:.4f}")
    assert lost.endswith(", cost unknown")
    assert "cost" not in refused.partition(": ")[2]
    assert "$" not in refused


def test_the_next_commands_name_the_picture_that_was_asked_for_first(studio: Studio) -> None:
    studio.fake.script_for("green", "rate_limited:1", "ok")  # so it comes last

    answer = generate(studio, "a square", "--find-limit", 0, "--vary", "colour=green,blue")

    assert [line.split(": ")[0] for line in answer.stderr.splitlines() if line.startswith("[")] == [
        "[1/2] 1:1, colour blue", "[2/2] 1:1, colour green",
    ]  # fmt: skip
    (green,) = (record.id for record in studio.records() if record.values == {"colour": "green"})
    assert f"musaic lineage {green} --library" in answer.stderr.splitlines()[-1]
    assert f"musaic refine {green} " in answer.stderr.splitlines()[-1]


def test_a_service_at_another_address_is_named_with_it(studio: Studio) -> None:
    place = f"gemini at 127.0.0.1:{studio.fake.url.rpartition(':')[2]}"
    arguments = ("a square", "--find-limit", 0)

    made, planned = generate(studio, *arguments), generate(studio, *arguments, "--dry-run")

    assert f"1 picture with {place} (gemini-" in made.stderr
    assert planned.stdout.startswith(f"engine      {place}, model gemini-")


def test_a_dry_run_prints_all_that_would_be_sent_and_sends_nothing(studio: Studio) -> None:
    arguments = ("a red {square}", "--find", "blue", "--ref", studio.pictures / "red.png:logo", "--dry-run")
    before = set((studio.library / "outputs").rglob("*"))

    answer = generate(studio, *arguments)
    as_json = generate(studio, *arguments, "--json")

    assert (answer.exit_code, as_json.exit_code) == (0, 0)
    assert (studio.fake.requests, studio.records()) == ((), [])
    assert set((studio.library / "outputs").rglob("*")) == before
    (plan,) = lines(as_json)
    assert [(each["number"], each["role"], each["path"]) for each in plan["references"]] == [  # type: ignore[attr-defined]
        (1, "logo", str(studio.pictures / "red.png")), (2, "product", str(studio.pictures / "blue.png")),
    ]  # fmt: skip
    out = answer.stdout.splitlines()
    assert out[1].startswith("image 1     logo      ")
    assert out[1].endswith("red.png")
    assert out[2].startswith("image 2     product   ")
    (shot,) = plan["shots"]  # type: ignore[misc]
    assert "a red {square}" in shot["prompt"]
    assert shot["prompt"] in answer.stdout
    assert f"cost        ${plan['cost_bound_usd']:.4f} at most, for 1 picture" in out

    # And that is what is sent.
    generate(studio, *arguments[:-1])
    assert studio.fake.requests[0].prompt.endswith(shot["prompt"])


def test_out_gets_marked_copies_under_telling_names(studio: Studio, tmp_path: Path) -> None:
    os.chdir(tmp_path)

    answer = generate(
        studio, "A Red/../Square!", "--find", "red", "--vary", "light=dusk", "--out", "for/Anna", "--json"
    )

    (made,) = lines(answer)
    copy = Path(str(made["path"]))
    assert copy.parent == tmp_path / "for" / "Anna"
    assert copy.name == f"dusk-a-red-square-1x1-{made['id']}.png"
    assert b"trainedAlgorithmicMedia" in copy.read_bytes()
    original = studio.library / "outputs" / str(made["id"]) / "picture.png"
    assert b"trainedAlgorithmicMedia" not in original.read_bytes()
    with Image.open(copy) as after, Image.open(original) as before:
        assert after.tobytes() == before.tobytes()


def test_refine_goes_on_and_lineage_shows_both_directions(studio: Studio) -> None:
    (made,) = lines(generate(studio, "a red square", "--find", "red", "--json"))

    answer = call("refine", str(made["id"])[:8], "make", "it", "larger", "--library", studio.folder, "--json")

    assert answer.exit_code == 0
    (refined,) = lines(answer)
    assert list(refined) == SHAPE
    assert "make it larger" in studio.fake.requests[-1].prompt
    assert len(studio.fake.requests[-1].turns) == 3
    above = call("lineage", refined["id"], "--library", studio.folder).stdout
    assert str(made["id"]) in above
    assert str(studio.pictures / "red.png") in above
    below = call("lineage", studio.pictures / "red.png", "--library", studio.folder).stdout
    assert str(refined["id"]) in below


# --- how it ends -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (["ok", "ok"], 0),
        (["ok", "prompt_blocked"], 1),
        (["prompt_blocked", "output_blocked"], 3),
        (["permission_denied", "permission_denied"], 3),
    ],
)
def test_the_exit_code_says_whether_all_some_or_none_came(
    studio: Studio, steps: list[str], code: int
) -> None:
    studio.fake.script(*steps)

    assert generate(studio, "a red square", "--find-limit", 0, "--variants", 2).exit_code == code


def test_where_nothing_could_be_sent_no_service_is_blamed(studio: Studio) -> None:
    shutil.rmtree(studio.library / "outputs")
    (studio.library / "outputs").write_text("in the way")

    answer = generate(studio, "a red square", "--find-limit", 0, "--variants", 2)

    assert answer.exit_code == 2
    assert "cannot be written" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert studio.fake.requests == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--max-cost", "0.0001"], "of the --max-cost of $0.00"),
        (["--max-cost", "nan"], "Invalid value for '--max-cost'"),
        (["--max-cost", "-1"], "Invalid value for '--max-cost'"),
        (["--variants", "0"], "Invalid value for '--variants'"),
        (["--variants", "150", "--ratio", "1:1,16:9"], "this asks for 300 pictures"),
        (["--ratio", "1:7"], "makes no pictures of ratio 1:7"),
        (["--size", "512"], "makes no pictures of size 512"),
        (["--recipe", "promotion"], "promo"),
        (["--engine", "gemni"], "did you mean gemini?"),
        (["--model", "gemini-3-pro-image-preview"], "use --model gemini-3-pro-image"),
        (["--model", "gemini-unheard-of", "--engine", "gemini"], "--allow-unknown-price"),
        (["--ref", "no-such.png"], "there is no file 'no-such.png'"),
        (["--ref", "g-000000000000"], "no picture 'g-000000000000'"),
        (["--ref", "g-000000000000:bace"], "there is no role 'bace'; use one of subject, product"),
        (["--ref", "{pictures}/red.png:hero"], "there is no role 'hero'; use one of subject, product"),
        (["--vary", "colour"], "write NAME=ONE,TWO"),
        (["--vary", "=red"], "write NAME=ONE,TWO"),
        (["--vary", "colour=,"], "--vary colour has an empty value"),
        (["--vary", "prompt=x"], "--vary cannot use the name 'prompt'"),
        (["--find", ""], "the query is empty"),
        (["--find", "\udcff"], "not valid UTF-8"),
        (["--vary", "\udcff=1"], "not valid UTF-8"),
        (["--out", "\udcff", "--json"], "not valid UTF-8; name another folder with --out"),
        (["--model", "gemini-2.5-flash-image", "--dry-run"], "use --model gemini-nano-banana-2.1"),
        (["--ref", "\udcff:logo"], "not valid UTF-8"),
        (["--where", "kidn == 'x'"], "there is no field kidn"),
    ],
)
def test_wrong_arguments_end_with_2_and_a_sentence_and_nothing_is_sent(
    studio: Studio, arguments: list[str], sentence: str
) -> None:
    filled = [each.format(pictures=studio.pictures) for each in arguments]

    answer = generate(studio, "a red square", *filled)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert studio.fake.requests == ()


def test_without_a_library_it_says_how_to_make_one(alone: Path) -> None:
    answer = call("generate", "a red square")

    assert answer.exit_code == 2
    assert "musaic ingest FOLDER" in answer.stderr


def test_without_a_key_it_makes_a_draft_that_costs_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")

    answer = generate(studio, "a red square", "--json", "--max-cost", 0)

    (made,) = lines(answer)
    assert (answer.exit_code, made["engine"], made["cost_usd"]) == (0, "moodboard", 0)
    assert studio.fake.requests == ()
    refused = generate(studio, "a red square", "--engine", "gemini")
    assert (refused.exit_code, refused.stdout) == (2, "")
    (line,) = refused.stderr.splitlines()[-1:]
    assert line.startswith("musaic: the gemini engine needs a key: set GEMINI_API_KEY")
    assert refused.stderr.count("GEMINI_API_KEY") == 1


def test_what_would_be_sent_is_shown_without_a_key(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")

    for named in (["--engine", "gemini"], ["--model", "gemini-3-pro-image"]):
        answer = generate(studio, "a red square", "--find", "red", *named, "--dry-run", "--json")
        (plan,) = lines(answer)
        assert (answer.exit_code, plan["engine"]) == (0, "gemini")
        assert "note: this can be planned but not made yet" in answer.stderr
    gone = generate(studio, "a red square", "--model", "gemini-2.5-flash-image")
    assert gone.exit_code == 2
    assert "use --model gemini-nano-banana-2.1" in gone.stderr
    assert studio.records() == []


def test_refine_takes_engine_and_model_from_flags_or_the_picture(studio: Studio) -> None:
    (made,) = lines(generate(studio, "a red square", "--find", "red", "--json"))
    (studio.library / "config.toml").write_text('[generate]\nmodel = "gemini-3-pro-image"\n')

    def model_of(*flags: str) -> object:
        answer = call(
            "refine", made["id"], "larger", *flags, "--dry-run", "--json", "--library", studio.folder
        )
        (plan,) = lines(answer)
        return plan["model"]

    assert model_of() == made["model"] == "gemini-nano-banana-2.1"
    assert model_of("--model", "gemini-3-pro-image") == "gemini-3-pro-image"
    assert model_of("--engine", "moodboard") == "moodboard-1"


def test_a_library_whose_name_cannot_be_written_down_makes_nothing(studio: Studio) -> None:
    odd = studio.folder.with_name("\udcff")
    studio.folder.rename(odd)

    answer = call("generate", "x", "--ref", studio.pictures / "red.png", "--library", odd, "--json")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "is not valid UTF-8, so nothing made there can be recorded" in answer.stderr
    assert studio.fake.requests == ()


def test_a_reader_that_goes_away_ends_the_run_and_loses_nothing(studio: Studio) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `head -0`

    done = subprocess.run(
        [*PROGRAM, "generate", "a red square", "--variants", "6", "--library", str(studio.folder)],
        env=environment(studio.folder, **studio.fake.env, MUSAIC_GENERATE__CONCURRENCY="1"),
        stdout=writing, stderr=subprocess.PIPE, text=True, timeout=100, check=False,
    )  # fmt: skip
    os.close(writing)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    records = studio.records()
    assert [record.state for record in records].count("picture") == len(studio.fake.requests) == 1
    assert {record.state for record in records} == {"picture", "failed"}


# --- references by hand ------------------------------------------------------------------------------


@pytest.fixture
def odd_names(studio: Studio, tmp_path: Path) -> Path:
    folder = tmp_path / "a:logo"
    folder.mkdir()
    for name in ("x:y.png", "pic:base", "péch\n.png"):
        shutil.copy(studio.pictures / "red.png", folder / name)
    return folder


@pytest.mark.parametrize(
    ("given", "role", "name"),
    [
        ("{odd}/x:y.png", "product", "x:y.png"),
        ("{odd}/x:y.png:style", "style", "x:y.png"),
        ("{odd}/pic:base", "product", "pic:base"),
        ("{odd}/pic:base:base", "base", "pic:base"),
        ("{odd}/péch\n.png:setting", "setting", "péch\n.png"),
        ("{id}", "product", "red.png"),
        ("{id}:logo", "logo", "red.png"),
    ],
)
def test_references_are_files_or_ids_with_or_without_a_role(
    studio: Studio, odd_names: Path, given: str, role: str, name: str
) -> None:
    (hit,) = studio.open().search("red", limit=1)

    answer = generate(
        studio, "a square", "--ref", given.format(odd=odd_names, id=hit.asset_id), "--dry-run", "--json"
    )

    assert answer.exit_code == 0, answer.stderr
    (plan,) = lines(answer)
    (reference,) = plan["references"]  # type: ignore[misc]
    assert (reference["role"], Path(reference["path"]).name) == (role, name)
    assert (reference["asset_id"], reference["cosine"]) == (hit.asset_id, None)


def test_references_keep_their_order_by_hand_first(studio: Studio) -> None:
    refs = ["--ref", studio.pictures / "blue.png:style", "--ref", studio.pictures / "white.png"]

    answer = generate(studio, "a square", "--find", "red", *refs, "--find", "green", "--dry-run", "--json")

    (plan,) = lines(answer)
    assert [(each["number"], Path(each["path"]).stem, each["role"]) for each in plan["references"]] == [  # type: ignore[attr-defined]
        (1, "blue", "style"), (2, "white", "product"), (3, "red", "product"), (4, "green", "product"),
    ]  # fmt: skip


def test_find_limit_counts_for_each_search_and_the_prompt_searches_when_nothing_is_named(
    studio: Studio,
) -> None:
    def found(*arguments: object) -> list[str]:
        (plan,) = lines(generate(studio, "a blue square", *arguments, "--dry-run", "--json"))
        return [Path(each["path"]).stem for each in plan["references"]]  # type: ignore[attr-defined]

    assert len(found()) == 3
    assert found()[0] == "blue"
    assert found("--find-limit", 1) == ["blue"]
    assert found("--find-limit", 0) == []
    two = found("--find", "red", "--find", "red", "--find-limit", 2)
    assert (len(two), len(set(two)), two[0]) == (4, 4, "red")


# --- as a process ------------------------------------------------------------------------------------


def test_the_program_makes_a_picture_and_its_key_is_in_nothing_it_says(studio: Studio) -> None:
    answer = run(
        "generate", "a red square", "--find", "red", "--library", studio.folder,
        here=studio.folder, more=studio.fake.env,
    )  # fmt: skip

    assert answer.exit_code == 0, answer.stderr
    assert Path(answer.stdout.strip()).is_file()
    assert studio.fake.key not in answer.stdout + answer.stderr


def test_words_that_are_not_utf8_are_refused_in_a_sentence(studio: Studio) -> None:
    answer = run(
        "generate", os.fsdecode(b"caf\xe9"), "--library", studio.folder,
        here=studio.folder, more=studio.fake.env,
    )  # fmt: skip

    assert answer.exit_code == 2
    assert answer.stderr.strip().splitlines()[-1].endswith("is not valid UTF-8")
    assert "Traceback" not in answer.stderr


def test_what_was_made_is_listed_newest_first(studio: Studio) -> None:
    first = lines(generate(studio, "a red square", "--find-limit", 0, "--json"))[0]["id"]
    studio.fake.script("prompt_blocked")
    second = lines(generate(studio, "a blue square", "--find-limit", 0, "--json"))[0]["id"]

    listed = call("lineage", "--library", studio.folder)

    assert [line.split()[0] for line in listed.stdout.splitlines()] == [second, first]
    assert '[prompt blocked] "a blue square"' in listed.stdout


def test_a_prompt_of_several_lines_is_listed_on_one(studio: Studio) -> None:
    (made,) = lines(generate(studio, "a red square\n\n  on snow", "--find-limit", 0, "--json"))

    for arguments in ([], [made["id"]]):
        assert '"a red square / on snow"' in call("lineage", *arguments, "--library", studio.folder).stdout
    shown = call("show", made["id"], "--library", studio.folder).stdout
    assert "prompt       a red square / on snow\n" in shown


def test_a_page_is_of_a_picture_made_here(studio: Studio, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    (made,) = lines(generate(studio, "a red square", "--find", "red", "--json"))
    asset = studio.pictures / "red.png"

    def refused(*arguments: object) -> str:
        answer = call("lineage", *arguments, "--page", page, "--library", studio.folder)
        assert (answer.exit_code, answer.stdout, page.exists()) == (2, "", False)
        return answer.stderr

    assert "none is named; `musaic lineage` lists them" in refused()
    assert f"is an asset; `musaic lineage {asset}` lists what was made from it" in refused(asset)
    assert "no picture 'g-000000000000'" in refused("g-000000000000")
    assert "nothing in this library is called 'no-such.png'" in refused("no-such.png")
    assert call("lineage", made["id"], "--page", page, "--library", studio.folder).exit_code == 0
    assert page.is_file()


@pytest.mark.parametrize("engine", ["gemini", "moodboard"])
def test_similar_takes_a_picture_made_here(studio: Studio, engine: str, tmp_path: Path) -> None:
    (made,) = lines(generate(studio, "a square", "--find", "red", "--engine", engine, "--json"))
    asset = json.loads(call("show", made["id"], "--json", "--library", studio.folder).stdout)["asset_id"]

    by_own_id, by_asset = (
        call("similar", each, "--json", "--library", studio.folder) for each in (str(made["id"])[:8], asset)
    )

    assert by_own_id.exit_code == 0, by_own_id.stderr
    assert by_own_id == by_asset
    assert len(lines(by_own_id)) == 3
    assert asset not in [hit["asset_id"] for hit in lines(by_own_id)]
    sheet = call("similar", made["id"], "--sheet", tmp_path / "s.png", "--library", studio.folder)
    assert (sheet.exit_code, (tmp_path / "s.png").is_file()) == (0, True)


def test_nothing_is_similar_to_a_picture_that_never_came(studio: Studio) -> None:
    studio.fake.script("prompt_blocked")
    (made,) = lines(generate(studio, "a square", "--find-limit", 0, "--json"))

    answer = call("similar", made["id"], "--library", studio.folder)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert f"{made['id']} made no picture (prompt blocked: SAFETY)" in answer.stderr


def test_one_call_is_not_calls(studio: Studio) -> None:
    def costs() -> list[str]:
        generate(studio, "a square", "--find-limit", 0)
        return call("costs", "--by", "recipe", "--library", studio.folder).stdout.split()

    assert costs()[1:5] == ["1", "picture", "1", "call"]
    assert costs()[1:5] == ["2", "pictures", "2", "calls"]


def test_a_search_for_a_reference_may_name_its_role(studio: Studio) -> None:
    (plan,) = lines(generate(studio, "a red square", "--find", "red:logo", "--dry-run", "--json"))

    assert [each["role"] for each in plan["references"]] == ["logo"]  # type: ignore[attr-defined]


def test_a_broken_recipe_is_told_and_stops_no_other(studio: Studio) -> None:
    (studio.library / "recipes").mkdir()
    (studio.library / "recipes" / "bad.toml").write_text("pattern = 3")

    answer = generate(studio, "a red square", "--find", "red")
    named = generate(studio, "a red square", "--find", "red", "--recipe", "bad")

    assert answer.exit_code == 0
    assert answer.stderr.count("bad.toml") == 1
    assert (named.exit_code, named.stdout) == (2, "")
