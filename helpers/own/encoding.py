"""From the bytes of the reader's file to its characters."""

import codecs
import re

from helpers.errors import CourseError

MARKS = {  # UTF-32's begins as UTF-16's does, so it comes first
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What stands in Windows-1252 where the text is Western European, and where it stands. Text in
# another encoding, read so, has other signs, runs of accents, and marks in the middle of words.
SMALL = "àáâãäåæçèéêëìíîïñòóôõöøùúûüßœ"
ACCENTED = SMALL + "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ"
BEFORE = "¿¡„‚§"  # never directly behind a letter
AFTER = "€£•™°©®±²³µ½¼¾×÷´ªº«»‘“”"  # at the end of a word, or by itself
WITHIN = "’–—…·\xa0"  # anywhere
SYMBOLS = "€£•™§°©®±²³µ½¼¾×÷´ªº·"
DOUBTFUL = re.compile(
    f"[^\x00-\x7f{ACCENTED}{BEFORE}{AFTER}{WITHIN}]"
    f"|[{ACCENTED}]{{3}}"
    f"|[{ACCENTED}][ìòÌÒ]"
    f"|[a-z{SMALL}][{ACCENTED.removeprefix(SMALL)}]"
    f"|[A-Za-z{ACCENTED}](?:[{BEFORE}]|[{AFTER}][A-Za-z{ACCENTED}])"
    f"|[{SYMBOLS}][{SYMBOLS}{ACCENTED}]"
    f"|[{ACCENTED}][{SYMBOLS}]"
    "|[õÕ](?![eE])"  # Hungarian, if it is not Portuguese
)


def decode(content: bytes, name: str, notes: list[str]) -> str:
    """Return the text of a file, without its byte order mark.

    UTF-8, UTF-16 or UTF-32; Windows-1252 where it can be nothing else. Raises CourseError, with
    the line, for anything else and for NUL characters.
    """
    encoding = next((MARKS[mark] for mark in MARKS if content.startswith(mark)), None)
    if encoding is None and b"\0" in content:
        encoding = _without_mark(content)
        if encoding:
            notes.append(f"read as {encoding.upper()}, though the file doesn't say so.")
    try:
        text = content.decode(encoding or "utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding or "latin-1", "ignore")
        line = before.count("\n") + 1
        if encoding:
            raise CourseError(
                f"{name}, line {line}: not {encoding.upper()}, as which the file begins. Is it cut "
                "off, or joined from two? Save it again as UTF-8."
            ) from error
        text = _windows(content, line, name, notes)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise CourseError(
            f"{name}, line {line}: a NUL character, which no text has. Is the file damaged, or "
            "no text at all? Save it again as UTF-8."
        )
    return text


def _without_mark(content: bytes) -> str | None:
    """Return the UTF-16 in which ``content`` has line ends and delimiters, which no other has."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if re.search("[\r\n]", text) and re.search("[,;|\t:]", text):
            return encoding
    return None


def _windows(content: bytes, line: int, name: str, notes: list[str]) -> str:
    text = content.decode("cp1252", "replace")  # where it has no character, the sign is doubtful
    doubt = DOUBTFUL.search(text)
    place = doubt.start() if doubt else re.search("[^\x00-\x7f]", text).start()
    words = re.search(r"\S{0,20}\Z", text[:place])[0] + re.match(r"\S{0,20}", text[place:])[0]
    if doubt:
        line = text[:place].count("\n") + 1
        raise CourseError(
            f"{name}, line {line}: not UTF-8, and hardly Windows-1252, which would make it "
            f"{words!r}. Save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8'), or, if you know "
            f"its encoding: iconv -f ENCODING -t UTF-8 {name} > new-{name}"
        )
    notes.append(f"not UTF-8 (line {line}); read as Windows-1252, such as {words!r}.")
    return text
