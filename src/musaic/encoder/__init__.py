"""The encoder of one library: chosen, loaded when it is first needed, and remembered."""

from musaic.encoder.chosen import LibraryEncoder
from musaic.encoder.likeness import gives_same_vectors, is_same_record

__all__ = ["LibraryEncoder", "gives_same_vectors", "is_same_record"]
