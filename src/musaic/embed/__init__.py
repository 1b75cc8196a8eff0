"""Encoders: pictures and words to vectors of one space."""

from musaic.embed.base import Embedder
from musaic.embed.hub import Hub, OnDownload
from musaic.embed.load import Ask, Choice, Loaded, fetch, is_downloaded, load_embedder, resolve_auto
from musaic.embed.models import MODELS, ModelSpec, model_spec, words_of

__all__ = [
    "MODELS",
    "Ask",
    "Choice",
    "Embedder",
    "Hub",
    "Loaded",
    "ModelSpec",
    "OnDownload",
    "fetch",
    "is_downloaded",
    "load_embedder",
    "model_spec",
    "resolve_auto",
    "words_of",
]
