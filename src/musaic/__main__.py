"""`python -m musaic` is the same as `musaic`."""

from musaic.cli import main

main()
