"""The engine for Google's Gemini image models: the Developer API and Vertex AI."""

from musaic.generate.gemini.client import GeminiGenerator

__all__ = ["GeminiGenerator"]
