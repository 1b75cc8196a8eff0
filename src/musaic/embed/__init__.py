"""Encoders: pictures and words to vectors of one space."""

from musaic.embed.load import load_embedder

__all__ = ["load_embedder"]
