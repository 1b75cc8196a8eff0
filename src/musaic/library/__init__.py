"""Library: owns what is open; one method a stage."""

from musaic.library.make import MakingLibrary


class Library(MakingLibrary):
    """A library on disk, by `Library.open`.

    Inside a ``with`` block the embedded store stays open, and so is closed to other processes; without
    one it is open only while a method runs.
    """


__all__ = ["Library"]
