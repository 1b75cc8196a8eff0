"""A Gemini on loopback, for tests of Musaic and of what is built on it: strict where Google is, and free.

It draws placeholders and makes no real pictures. See `FakeGemini`.
"""

from musaic.generate.testing.behaviours import BEHAVIOURS, Behaviour
from musaic.generate.testing.server import FakeGemini
from musaic.generate.testing.wire import Part, Received, Turn

__all__ = ["BEHAVIOURS", "Behaviour", "FakeGemini", "Part", "Received", "Turn"]
