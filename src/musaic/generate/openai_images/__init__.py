"""The `openai-images` engine: OpenAI's image API, and every server that speaks it."""

from musaic.generate.openai_images.engine import OpenaiImagesGenerator
from musaic.generate.openai_images.sizes import AskedSize, asked_size

__all__ = ["AskedSize", "OpenaiImagesGenerator", "asked_size"]
