"""From a path to a table: the file's bytes, what they are, and who reads them."""

import gzip
import zlib
from pathlib import Path

from helpers.errors import CourseError, unknown
from helpers.own import delimited, records
from helpers.own.encoding import decode
from helpers.own.table import Table

DELIMITED = {".csv": ",", ".tsv": "\t"}
JSON = (".json", ".jsonl", ".ndjson")
ENDINGS = (*DELIMITED, *JSON, ".parquet")
SPREADSHEET = "From a spreadsheet, save it as 'CSV UTF-8'."
OTHERS = {  # how such a file begins → what it is
    b"PK\x03\x04": f"is a ZIP archive or an Excel workbook. Unpack it. {SPREADSHEET}",
    b"\xd0\xcf\x11\xe0": f"is an old Excel workbook. {SPREADSHEET}",
    b"PAR1": "is a Parquet file. Name it so: .parquet",
    b"%PDF": "is a PDF.",
    b"<!doctype html": "is a web page. Download the file itself, on GitHub by its button 'Raw'.",
    b"<html": "is a web page. Download the file itself, on GitHub by its button 'Raw'.",
}


def read(place: Path, wanted: tuple[str, ...]) -> Table:
    """Return the table in the file; its notes say what was assumed.

    Raises CourseError for another ending, an empty or unreadable file, and as the readers do.
    """
    name = place.name
    inner = place.with_suffix("") if place.suffix.lower() == ".gz" else place
    ending = inner.suffix.lower()
    if ending not in ENDINGS:
        raise CourseError(f"{unknown('file ending', inner.suffix, ENDINGS)} {SPREADSHEET}")
    try:
        content = place.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CourseError(f"{name} is cut off or damaged: {error}. Copy it again.") from error
    except OSError as error:
        raise CourseError(f"{name} can't be read: {error.strerror}.") from error
    if not content.strip():
        raise CourseError(f"{name} is empty.")
    notes: list[str] = []
    if ending == ".parquet":
        return records.read_parquet(content, name, notes)
    for beginning, what in OTHERS.items():
        if content[:200].lstrip().lower().startswith(beginning.lower()):
            raise CourseError(f"{name} {what}")
    text = decode(content, name, notes)
    if not text.strip():
        raise CourseError(f"{name} is empty.")
    if ending in JSON:
        return records.read_json(text, name, ending, wanted, notes)
    return delimited.read(text, name, DELIMITED[ending], wanted, notes)
