"""Make: a plan becomes pictures. Money is reserved before a call, and everything is recorded."""

from musaic.making.records import generation_of
from musaic.making.recover import recover
from musaic.making.restore import restore
from musaic.making.run import Making
from musaic.making.save import Signer
from musaic.making.shots import Limits

__all__ = ["Limits", "Making", "Signer", "generation_of", "recover", "restore"]
