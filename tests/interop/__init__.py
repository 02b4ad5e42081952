"""The doors to other libraries, each tested with the real one: ``pip install ".[test,interop]"``."""
