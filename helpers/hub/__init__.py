"""A small read-only local hub: the Hugging Face protocol over a folder.

`serve(folder)` runs it while a `with` block lasts, `run(folder, port)` until Ctrl-C.
`helpers.hub.standins.build(folder)` writes something to serve.
"""

from helpers.hub import standins
from helpers.hub.server import run, serve

__all__ = ["run", "serve", "standins"]
