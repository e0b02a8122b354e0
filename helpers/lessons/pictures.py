"""Figures of notebooks, stored in a third of their size."""

import base64
import io

from nbformat import NotebookNode

COLOURS = 256


def shrink(notebook: NotebookNode) -> None:
    """Store the PNG pictures among the outputs with a palette, in place, where that is smaller."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                text = output.data["image/png"]
                output.data["image/png"] = base64.b64encode(
                    with_palette(base64.b64decode("".join(text)))).decode("ascii")


def with_palette(png: bytes) -> bytes:
    """Return a picture with at most ``COLOURS`` colours, or ``png`` itself if that is not smaller.

    Drawn figures have few colours, and those between them are the soft edges of letters and lines.
    """
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        if picture.mode == "P" or (
                "A" in picture.getbands() and picture.getchannel("A").getextrema()[0] < 255):
            return png
        written = io.BytesIO()
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            written, "PNG", optimize=True)
    return min(written.getvalue(), png, key=len)
