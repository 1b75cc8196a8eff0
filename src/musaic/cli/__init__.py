"""The command line: parse, one Library call, print. Results on stdout, everything else on stderr."""

from musaic.cli.app import app, main

__all__ = ["app", "main"]
