"""The doors to other libraries, with the real ones: ``pip install ".[test,interop]"``."""
