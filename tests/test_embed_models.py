"""The table of models, and the words of the one with a closed vocabulary."""

from pathlib import Path

import pytest

from musaic.config import EmbedSettings
from musaic.embed import MODELS, load_embedder, model_spec, words_of
from musaic.embed.base import Understood
from musaic.embed.load import starter_vocabulary
from musaic.embed.onnx import OnnxEmbedder
from musaic.embed.testing import tiny_model
from musaic.errors import UnknownModelError, UnknownWordsError


@pytest.fixture
def taught(tmp_path: Path) -> OnnxEmbedder:
    model = load_embedder(EmbedSettings(model=str(tiny_model(tmp_path / "m"))), cache=tmp_path / "c").embedder
    return OnnxEmbedder(model._folder, model.fingerprint, closed=starter_vocabulary())


def test_table_has_the_promised_rows_and_one_is_bundled() -> None:
    wanted = {
        "starter",
        "vit-b-32",
        "vit-b-32-openai",
        "siglip2-b-16",
        "siglip2-b-32-256",
        "xlm-roberta-b-32",
    }

    assert wanted <= set(MODELS)
    assert all(spec.id == name for name, spec in MODELS.items())
    assert [spec.id for spec in MODELS.values() if spec.repository is None] == ["starter"]
    assert {spec.layout for spec in MODELS.values()} == {"immich", "transformers.js"}


def test_misspelt_id_is_answered_with_the_right_one_first() -> None:
    with pytest.raises(UnknownModelError) as caught:
        model_spec("ViT-B-32-OpenAI ")

    assert caught.value.known[0] == "vit-b-32-openai"
    assert set(caught.value.known) == set(MODELS)


def test_words_the_starter_was_not_taught_are_named(taught: OnnxEmbedder) -> None:
    assert taught.understand("a red dress with a dragon").unknown == ("dragon",)
    assert taught.understand("a red dress").unknown == ()


def test_query_without_any_word_the_starter_knows_is_refused(taught: OnnxEmbedder) -> None:
    with pytest.raises(UnknownWordsError, match="musaic models show starter"):
        taught.understand("dog")


def test_open_vocabulary_takes_all_words(tmp_path: Path) -> None:
    loaded = load_embedder(EmbedSettings(model=str(tiny_model(tmp_path / "m"))), cache=tmp_path / "c")

    assert loaded.embedder.understand("dog qwertz") == Understood("dog qwertz")
    assert loaded.embedder.kinds == ()


def test_words_are_listed_by_language_and_only_for_the_starter() -> None:
    spanish = dict(words_of(MODELS["starter"], "es"))
    everything = dict(words_of(MODELS["starter"]))

    assert "reloj" in spanish["es kind"]
    assert set(spanish) < set(everything)
    assert list(words_of(MODELS["vit-b-32"])) == []
    with pytest.raises(ValueError, match="xx"):
        list(words_of(MODELS["starter"], "xx"))
