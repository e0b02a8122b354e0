"""Where the reader's file is."""

import os
from difflib import get_close_matches
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import REPOSITORY

VARIABLE = "COURSE_OWN_DATA"


def find(path: str | Path) -> Path:
    """Return the file that ``path`` means: here (a notebook's own folder), or else in the clone.

    Prints a line where that is not plain: there is another in the clone, or it is only there.
    Raises CourseError for a folder, an address, and where there is no file.
    """
    asked = _expanded(path)
    places = list(dict.fromkeys(folder / asked for folder in (Path.cwd(), REPOSITORY)))
    found = [place for place in places if os.path.isfile(place)]
    if not found:
        raise _missing(asked, places)
    others = [place for place in found[1:] if not place.samefile(found[0])]
    if others:
        print(f"{asked}: taken from {found[0].parent}; there is another in {others[0].parent}.")
    elif found[0] != places[0]:
        print(f"{asked}: taken from the clone, {found[0].parent}.")
    return found[0]


def settle() -> None:
    """Make COURSE_OWN_DATA a whole path, from the folder in which a command was typed.

    A kernel runs in its notebook's folder. Raises CourseError as ``find`` does.
    """
    if given := os.environ.get(VARIABLE):
        place = Path.cwd() / _expanded(given)
        if not os.path.isfile(place):
            raise _missing(place, [place])
        os.environ[VARIABLE] = str(place)


def _expanded(path: str | Path) -> Path:
    if "://" in str(path):
        raise CourseError(f"{path} is an address. Download the file and give its path.")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise CourseError(f"The home folder in {path} isn't known; give the whole path.") from error


def _missing(asked: Path, places: list[Path]) -> CourseError:
    for place in places:
        if os.path.isdir(place):
            return CourseError(f"{place} is a folder. Give the path of a file in it.")
    folders = " or ".join(str(place.parent) for place in places)
    for place in places:
        try:
            names = {name.lower(): name for name in os.listdir(place.parent)}
        except OSError:
            continue
        if near := get_close_matches(asked.name.lower(), names, n=1, cutoff=0.75):
            name = names[near[0]]
            return CourseError(f"There is no file {asked.name!r} in {folders}, but {name!r}.")
    return CourseError(f"There is no file {asked.name!r} in {folders}.")
