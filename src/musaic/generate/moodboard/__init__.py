"""The offline engine: a composed, labelled draft of the references. No network, no key, no chance."""

from musaic.generate.moodboard.engine import MODEL, MoodboardGenerator

__all__ = ["MODEL", "MoodboardGenerator"]
