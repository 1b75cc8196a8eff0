"""How the bundled starter encoder was made: reproducible from a seed, by one command.

`python -m training.train` draws products, reads photos and trains; `python -m training.export`
writes the encoder's files; `python -m training.evaluate` measures those files.
"""
