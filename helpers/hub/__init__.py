"""A local hub: the Hugging Face protocol over a folder, for this machine only.

`serve(folder)` runs it while a `with` block lasts, `run(folder, port)` until Ctrl-C; both are
read-only unless they get a `Writer(folder)`, which takes pushes. `helpers.hub.seed` fills a hub
with the course's own checkpoints, `open_hub()` opens one beside a notebook.
"""

from helpers.hub.server import run, serve
from helpers.hub.writing import Writer

__all__ = ["Writer", "run", "serve"]
