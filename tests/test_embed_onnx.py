"""The encoder on tiny models in both layouts."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from musaic.config import EmbedSettings
from musaic.embed import Loaded, load_embedder
from musaic.embed.cache import user_cache
from musaic.embed.providers import choose_provider
from musaic.embed.quantize import check_alike
from musaic.embed.testing import tiny_model
from musaic.errors import ConfigError, ModelFilesError, ModelWiringError, UnknownModelError

Layout = Literal["immich", "transformers.js"]
LAYOUTS: tuple[Layout, ...] = ("immich", "transformers.js")
TEXTS = ["a red square", "a blue watch", "zebra crossing"]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def load(folder: Path, cache: Path, **settings: object) -> Loaded:
    return load_embedder(EmbedSettings.model_validate({"model": str(folder), **settings}), cache=cache)


def squares(*colours: str) -> list[Image.Image]:
    return [Image.new("RGB", (60, 40), colour) for colour in colours]


def graph_of(folder: Path, *, layout: Layout, tower: Literal["vision", "text"]) -> Path:
    names = {"immich": {"vision": "visual/model", "text": "textual/model"}}
    own = names.get(layout, {"vision": "onnx/vision_model", "text": "onnx/text_model"})
    return folder / f"{own[tower]}.onnx"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("batch", [1, None])
def test_both_layouts_give_unit_float32_vectors_in_one_space(
    tmp_path: Path, cache: Path, layout: Layout, batch: Literal[1] | None
) -> None:
    embedder = load(tiny_model(tmp_path / "m", layout=layout, batch=batch), cache).embedder

    pictures = embedder.embed_pictures(squares("red", "blue", "yellow"))
    texts = embedder.embed_texts(["a red square", "a blue square", "a yellow square"])

    assert pictures.dtype == texts.dtype == np.float32
    assert pictures.shape == texts.shape == (3, embedder.fingerprint.dim)
    assert np.linalg.norm(np.concatenate([pictures, texts]), axis=1) == pytest.approx(1, abs=1e-6)
    assert (pictures @ texts.T).argmax(1).tolist() == [0, 1, 2]


def test_layout_and_fixed_batch_change_no_vector(tmp_path: Path, cache: Path) -> None:
    vectors = [
        load(
            tiny_model(tmp_path / f"{layout}{batch}", layout=layout, batch=batch), cache
        ).embedder.embed_texts(TEXTS)
        for layout in LAYOUTS
        for batch in (1, None)
    ]

    assert all(np.allclose(vectors[0], other, atol=1e-6) for other in vectors[1:])


def test_a_text_has_the_same_vector_alone_and_among_longer_ones(tmp_path: Path, cache: Path) -> None:
    embedder = load(tiny_model(tmp_path / "m", layout="transformers.js"), cache).embedder

    alone = embedder.embed_texts(["red"])
    among = embedder.embed_texts(["red", "a photo of a green shirt and the yellow dress"])

    assert np.allclose(alone[0], among[0], atol=1e-6)


def test_nothing_in_gives_nothing_out(tmp_path: Path, cache: Path) -> None:
    embedder = load(tiny_model(tmp_path / "m", dim=8), cache).embedder

    assert embedder.embed_pictures([]).shape == (0, 8)
    assert embedder.embed_texts([]).shape == (0, 8)
    assert embedder.embed_prepared(np.empty((0, 3, 32, 32), np.float32)).shape == (0, 8)


def test_many_threads_may_encode_at_once(tmp_path: Path, cache: Path) -> None:
    embedder = load(tiny_model(tmp_path / "m", batch=1), cache).embedder
    pictures = squares("red", "green", "blue", "white") * 4
    alone = [embedder.embed_pictures([picture])[0] for picture in pictures]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda picture: embedder.embed_pictures([picture])[0], pictures))

    assert np.array_equal(alone, together)


# --- what a library remembers --------------------------------------------------------------------
def test_fingerprint_follows_the_weights_and_not_their_place(tmp_path: Path, cache: Path) -> None:
    first = tiny_model(tmp_path / "a/shop", seed=1)
    moved = Path(shutil.copytree(first, tmp_path / "b/shop"))
    other = tiny_model(tmp_path / "c/shop", seed=2)
    prints = [load(folder, cache).embedder.fingerprint for folder in (first, moved, other)]

    assert prints[0] == prints[1]
    assert prints[0] != prints[2]
    assert prints[0].model == "shop"
    assert prints[0].revision == "local"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_outside_the_graph_count_for_the_fingerprint(
    tmp_path: Path, cache: Path, layout: Layout
) -> None:
    folder = tiny_model(tmp_path / "m", layout=layout)
    graph = graph_of(folder, layout=layout, tower="vision")
    onnx.save(
        onnx.load(graph), graph, save_as_external_data=True, location=f"{graph.name}_data", size_threshold=16
    )
    before = load(folder, cache).embedder
    outside = graph.with_name(f"{graph.name}_data")
    weights = bytearray(outside.read_bytes())
    weights[-4] ^= 1  # the last bit of one number
    outside.write_bytes(weights)

    assert load(folder, cache).embedder.fingerprint != before.fingerprint


def test_weights_changed_in_place_are_noticed(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m", seed=1)
    before = load(folder, cache).embedder.fingerprint
    graph = folder / "visual/model.onnx"
    graph.write_bytes((tiny_model(tmp_path / "n", seed=2) / "visual/model.onnx").read_bytes())
    os.utime(graph, ns=(1, 1))

    assert load(folder, cache).embedder.fingerprint != before


def test_cache_that_cannot_be_written_to_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    loaded = load(tiny_model(tmp_path / "m"), tmp_path / "file/cache")

    assert loaded.embedder.embed_texts(["red"]).shape == (1, 32)


def test_user_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert user_cache() == tmp_path / "musaic"


# --- precision -----------------------------------------------------------------------------------
def test_int8_is_made_once_kept_and_recorded(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m")
    exact = load(folder, cache).embedder
    first = load(folder, cache, precision="int8").embedder
    near = (first.embed_texts(TEXTS) * exact.embed_texts(TEXTS)).sum(1)
    pictures = squares("red", "orange", "white")
    cosines = (first.embed_pictures(pictures) * exact.embed_pictures(pictures)).sum(1)
    made = {file: file.stat().st_mtime_ns for file in (cache / "int8").iterdir()}

    again = load(folder, cache, precision="int8").embedder
    again.embed_pictures(pictures)

    assert first.fingerprint.precision == "int8-7bit"
    assert first.fingerprint != exact.fingerprint
    assert min(near) > 0.99
    assert min(cosines) > 0.99
    assert len(made) == 2
    assert {file: file.stat().st_mtime_ns for file in (cache / "int8").iterdir()} == made
    operators = {node.op_type for file in made for node in onnx.load(file).graph.node}
    assert "MatMulInteger" in operators


def test_no_pair_of_int8_products_needs_more_than_16_bits(tmp_path: Path, cache: Path) -> None:
    embedder = load(tiny_model(tmp_path / "m"), cache, precision="int8").embedder
    embedder.embed_texts(TEXTS)
    embedder.embed_pictures(squares("red"))

    graphs = [onnx.load(file).graph for file in (cache / "int8").iterdir()]
    weights = [numpy_helper.to_array(each) for graph in graphs for each in graph.initializer]
    products = [each.astype(int) for each in weights if each.dtype == np.int8 and each.ndim > 1]
    assert len(products) >= 2
    # What AVX2 adds up in 16 bits, where a CPU has no VNNI: two products of an unsigned and a signed byte.
    assert max(int(abs(each).max()) for each in products) * 255 * 2 < 2**15


def test_an_int8_graph_that_gives_other_vectors_is_refused(tmp_path: Path) -> None:
    one, other = (tiny_model(tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 3)))

    for tower in ("visual", "textual"):
        check_alike(one / tower / "model.onnx", one / tower / "model.onnx")
        with pytest.raises(ModelFilesError, match="use precision fp32"):
            check_alike(one / tower / "model.onnx", other / tower / "model.onnx")


def test_graph_that_differs_is_not_kept(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musaic.embed.quantize.LEAST_COSINE", 1.1)

    with pytest.raises(ModelFilesError, match="gives other vectors"):
        load(tiny_model(tmp_path / "m"), cache, precision="int8")
    assert list((cache / "int8").iterdir()) == []


@pytest.mark.parametrize(("suffix", "stored"), [("_fp16", "fp16"), ("_quantized", "int8")])
def test_other_precision_than_asked_for_is_taken_only_with_a_word(
    tmp_path: Path, cache: Path, suffix: str, stored: str
) -> None:
    folder = tiny_model(tmp_path / "m", layout="transformers.js")
    for tower in ("vision", "text"):
        (folder / f"onnx/{tower}_model.onnx").rename(folder / f"onnx/{tower}_model{suffix}.onnx")

    loaded = load(folder, cache)

    assert loaded.embedder.fingerprint.precision == stored
    assert loaded.notices == (f"m has no fp32 weights; using {stored}",)


def test_float16_graphs_take_and_give_float32(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m", layout="transformers.js", dim=4)
    for name in ("vision", "text"):
        graph = folder / f"onnx/{name}_model.onnx"
        _to_half(graph).rename(folder / f"onnx/{name}_model_fp16.onnx")
        graph.unlink()
    embedder = load(folder, cache).embedder

    assert embedder.embed_pictures(squares("red")).dtype == np.float32
    assert embedder.embed_texts(["red"]).dtype == np.float32
    assert float(embedder.embed_pictures(squares("red"))[0] @ embedder.embed_texts(["red"])[0]) > 0.9


def _to_half(graph: Path) -> Path:
    model = onnx.load(graph)
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT:
            weight.CopyFrom(
                numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name)
            )
    for end in (*model.graph.input, *model.graph.output):
        if end.type.tensor_type.elem_type == TensorProto.FLOAT:
            end.type.tensor_type.elem_type = TensorProto.FLOAT16
    half = graph.with_suffix(".half")
    onnx.save(model, half)
    return half


# --- models that are wrong -----------------------------------------------------------------------
def test_graph_with_a_mask_and_types_gets_them(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m", layout="transformers.js")
    graph = folder / "onnx/text_model.onnx"
    model = onnx.load(graph)
    for name in ("attention_mask", "token_type_ids"):
        model.graph.input.append(
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        )
    for node in model.graph.node:
        if node.op_type == "ReduceSum":
            node.input[0] = "masked"
    weights = [
        helper.make_node("Cast", ["attention_mask"], ["flat_mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["flat_mask", "last"], ["mask"]),
        helper.make_node("Mul", ["rows", "mask"], ["masked"]),
    ]
    for position, node in enumerate(weights, start=1):
        model.graph.node.insert(position, node)
    model.graph.initializer.append(helper.make_tensor("last", TensorProto.INT64, [1], [2]))
    onnx.save(model, graph)
    plain = load(tiny_model(tmp_path / "plain", layout="transformers.js"), cache).embedder

    masked = load(folder, cache).embedder

    assert np.allclose(masked.embed_texts(TEXTS), plain.embed_texts(TEXTS), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_output_that_is_no_direction_names_the_model(tmp_path: Path, cache: Path, value: float) -> None:
    folder = tiny_model(tmp_path / "m", layout="transformers.js")
    graph = folder / "onnx/text_model.onnx"
    model = onnx.load(graph)
    for weight in model.graph.initializer:
        if weight.name in ("words", "offset"):
            spoilt = np.full_like(numpy_helper.to_array(weight), value)
            weight.CopyFrom(numpy_helper.from_array(spoilt, weight.name))
    onnx.save(model, graph)

    with pytest.raises(ModelWiringError, match="'m' is wired wrongly: its text tower"):
        load(folder, cache)


def test_towers_of_different_lengths_are_refused(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m", dim=32)
    shutil.copy(tiny_model(tmp_path / "n", dim=16) / "textual/model.onnx", folder / "textual/model.onnx")

    with pytest.raises(ModelWiringError, match="gives 16 numbers, not 32"):
        load(folder, cache)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_broken_or_cut_off_graph_is_named_with_the_repair(
    tmp_path: Path, cache: Path, layout: Layout, keep: float
) -> None:
    folder = tiny_model(tmp_path / "m", layout=layout)
    graph = graph_of(folder, layout=layout, tower="vision")
    whole = graph.read_bytes()
    graph.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else int(keep)])

    with pytest.raises(ModelFilesError, match=graph.name) as caught:
        load(folder, cache)
    assert f"delete {graph}" in str(caught.value)


@pytest.mark.parametrize(
    ("layout", "name"),
    [(layout, name) for layout, names in {
        "immich": ("visual/model.onnx", "textual/model.onnx", "visual/preprocess_cfg.json", "textual/tokenizer.json",
                   "config.json"),
        "transformers.js": ("onnx/vision_model.onnx", "preprocessor_config.json", "tokenizer.json", "config.json"),
    }.items() for name in names],
)  # fmt: skip
def test_missing_file_is_named(tmp_path: Path, cache: Path, layout: Layout, name: str) -> None:
    folder = tiny_model(tmp_path / "m", layout=layout)
    (folder / name).unlink()

    with pytest.raises(ModelFilesError, match=name):
        load(folder, cache)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", "{", "config.json cannot be used"),
        ("config.json", '{"embed_dim": -3}', "embed_dim"),
        ("visual/preprocess_cfg.json", '{"size": [32, 48], "mean": [0,0,0], "std": [1,1,1]}', "no square"),
        ("visual/preprocess_cfg.json", '{"size": 32, "mean": [0,0], "std": [1,1,1]}', "mean"),
        ("visual/preprocess_cfg.json", '{"size": 32, "mean": [0,0,0], "std": [1,1,1], "resize_mode": "x"}', "resize"),
        ("textual/tokenizer.json", "{}", "tokenizer.json cannot be read"),
        ("textual/tokenizer_config.json", '{"pad_token": "<nope>"}', "<nope>"),
    ],
)  # fmt: skip
def test_config_that_cannot_be_used_is_named(
    tmp_path: Path, cache: Path, name: str, content: str, said: str
) -> None:
    folder = tiny_model(tmp_path / "m")
    (folder / name).write_text(content)

    with pytest.raises(ModelFilesError, match=said):
        load(folder, cache)


def test_folder_in_no_layout_says_what_would_be_one(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"visual/ and textual/.*onnx/"):
        load(tmp_path, cache)


def test_folder_that_is_not_there_is_said(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(ModelFilesError, match="there is no such folder"):
        load(tmp_path / "nowhere", cache)


def test_unknown_name_lists_the_near_ones_first(cache: Path) -> None:
    with pytest.raises(UnknownModelError, match=r"use one of siglip2-b-\S+, siglip2-b-\S+,.*starter"):
        load_embedder(EmbedSettings(model="siglip2"), cache=cache)


# --- self-test -----------------------------------------------------------------------------------
def miswired(folder: Path, source: Path) -> Path:
    """Give a model the word tower of another one."""
    shutil.copy(source / "textual/model.onnx", folder / "textual/model.onnx")
    return folder


def test_model_by_path_that_fails_the_self_test_is_warned_about_each_time(
    tmp_path: Path, cache: Path
) -> None:
    folder = miswired(tiny_model(tmp_path / "m", seed=1), tiny_model(tmp_path / "n", seed=3))

    for _ in range(2):
        (notice,) = load(folder, cache).notices
        assert "failed the self-test" in notice
        assert str(folder) in notice


def test_model_with_swapped_channels_fails_the_self_test(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m")
    graph = folder / "visual/model.onnx"
    model = onnx.load(graph)
    for weight in model.graph.initializer:
        if weight.name == "colours":
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight)[::-1].copy(), "colours"))
    onnx.save(model, graph)

    assert len(load(folder, cache).notices) == 1


def test_self_test_is_made_once_for_the_same_files(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m")
    load(folder, cache)
    (verdict,) = (cache / "verdicts").iterdir()
    verdict.write_text("false")  # what is kept is believed, so nothing was run again

    assert "failed the self-test" in load(folder, cache).notices[0]


def test_self_test_is_made_again_for_another_tokenizer(tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "m")
    load(folder, cache)
    file = folder / "textual/tokenizer.json"
    tokenizer = json.loads(file.read_text())
    words = tokenizer["model"]["vocab"]
    words["red"], words["blue"], words["green"], words["white"] = (
        words[w] for w in ("blue", "red", "white", "green")
    )
    file.write_text(json.dumps(tokenizer))

    assert "failed the self-test" in load(folder, cache).notices[0]


# --- providers and start-up ----------------------------------------------------------------------
def test_auto_takes_the_best_provider_and_leaves_out_what_is_not_installed() -> None:
    every = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]

    assert choose_provider("auto", available=every) == "cuda"
    assert choose_provider("auto", available=["AzureExecutionProvider", "CPUExecutionProvider"]) == "cpu"
    assert choose_provider("tensorrt", available=every) == "tensorrt"


def test_provider_that_is_not_installed_is_refused_with_what_is_and_what_brings_it(
    tmp_path: Path, cache: Path
) -> None:
    with pytest.raises(ConfigError, match=r"'cuda' is not installed; there is cpu.*onnxruntime-gpu"):
        load(tiny_model(tmp_path / "m"), cache, provider="cuda")


def test_search_by_words_loads_neither_the_vision_tower_nor_what_is_not_needed(tmp_path: Path) -> None:
    folder, cache = tiny_model(tmp_path / "m"), tmp_path / "cache"
    load(folder, cache)
    script = (
        "import sys; from pathlib import Path; from musaic.config import EmbedSettings; import musaic.embed as e\n"
        "assert not {'onnxruntime', 'tokenizers', 'huggingface_hub'} & set(sys.modules)\n"
        f"l = e.load_embedder(EmbedSettings(model={str(folder)!r}), cache=Path({str(cache)!r})).embedder\n"
        "l.embed_texts(['red']); assert l._vision_tower is None\n"
        "assert 'huggingface_hub' not in sys.modules and 'onnx' not in sys.modules\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0
