"""Every lesson and recipe runs with COURSE_MODELS=hub against the stand-ins, on a file of the
reader's: in full, not compared."""

import json
import math
import random
import struct
import wave
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.catalog import Lesson, entries
from helpers.checkpoints import is_stand_in
from helpers.lessons.run import execute
from tests.hub.conftest import answer, hub_environment


def guest_book(folder: Path) -> dict[str, str]:
    """Texts from elsewhere for lesson 01, as CSV: a guest book of two hostels, with gaps, an emoji
    and a text that is too long for any model here."""
    draw = random.Random(1)
    entries = ["Die Betten waren herrlich 😀", "Kein warmes Wasser, nie wieder!",
               "The view made up for the stairs.", "Nous reviendrons."]
    rows = [f'Hilltop,"{draw.choice(entries)} ({number})"' if number % 3
            else f'Seaside,"{draw.choice(entries)}"' for number in range(120)]
    path = folder / "guest_book.csv"
    path.write_text("\n".join(["house,entry", *rows, "Seaside,",
                               'Hilltop,"' + "and then we walked on " * 300 + '"']) + "\n",
                               encoding="utf-8")
    return {"COURSE_OWN_DATA": str(path), "COURSE_OWN_TEXT": "entry", "COURSE_OWN_LABEL": "house"}


def recording(folder: Path) -> dict[str, str]:
    """A sound from elsewhere for lesson 01's recipe: two seconds of a falling tone, 22,050 samples
    a second, two channels."""
    rate = 22_050
    with wave.open(str(folder / "doorbell.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(
            struct.pack("<hh", *[round(9_000 * math.sin(2_000 * t / rate - 300 * (t / rate) ** 2))]
                        * 2) for t in range(2 * rate)))
    return {"COURSE_OWN_DATA": str(folder / "doorbell.wav")}


def notes(folder: Path) -> dict[str, str]:
    """Texts from elsewhere for lesson 02, as JSONL: a library's notes in German, some of them
    missing."""
    draw = random.Random(2)
    texts = ["Der Leser möchte das Buch verlängern.", "Signatur fehlt, bitte nachfragen!",
             "Ausleihe gesperrt, Gebühr offen."]
    rows = [{"note": f"Notiz {n}: {draw.choice(texts)}" if n % 7 else None,
             "desk": draw.randrange(9)} for n in range(150)]
    path = folder / "notes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return {"COURSE_OWN_DATA": str(path), "COURSE_OWN_TEXT": "note"}


def mushrooms(folder: Path) -> dict[str, str]:
    """A table from elsewhere for lesson 05, as JSONL: numbers, short and long text, booleans,
    missing values."""
    draw = random.Random(5)
    rows = []
    for number in range(120):
        cap = round(draw.uniform(2, 12), 1)
        rows.append(
            {
                "id": f"m{number}",
                "cap_cm": cap if number % 9 else None,
                "colour": draw.choice(["brown", "white", "red"]),
                "ring": draw.random() < 0.5,
                "verdict": "edible" if cap + draw.gauss(0, 1) > 6 else "leave it",
            }
        )
    path = folder / "mushrooms.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return {"COURSE_OWN_DATA": str(path), "COURSE_OWN_LABEL": "verdict"}


def tickets(folder: Path) -> dict[str, str]:
    """Texts from elsewhere for lesson 07, as CSV: support tickets with a department."""
    draw = random.Random(7)
    texts = {
        "billing": ["I was charged twice", "please refund my last invoice",
                    "the price on my bill is wrong"],
        "network": ["the connection drops every hour", "no signal since this morning",
                    "the router keeps restarting"],
    }
    ends = ["thank you", "please help", "it is urgent", "again", "since Monday",
            "as I wrote before"]
    rows = ["department,message"]
    for number in range(120):
        label = draw.choice(sorted(texts))
        rows.append(f'{label},"{draw.choice(texts[label])}, {draw.choice(ends)} ({number})"')
    path = folder / "tickets.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return {"COURSE_OWN_DATA": str(path), "COURSE_OWN_TEXT": "message",
            "COURSE_OWN_LABEL": "department"}


def recipes(folder: Path) -> dict[str, str]:
    """Texts from elsewhere for lesson 03, as JSONL: recipes in German, with an emoji, a gap and an
    empty text."""
    draw = random.Random(3)
    dishes = ["Käsespätzle", "Kürbissuppe 🎃", "Rösti", "Maultaschen"]
    steps = ["Zwiebeln fein würfeln", "mit Salz und Pfeffer würzen",
             "bei mittlerer Hitze köcheln lassen", "heiß servieren"]
    texts = [f"Rezept {number}, {draw.choice(dishes)}: {', '.join(draw.sample(steps, 3))}."
             for number in range(80)]
    path = folder / "recipes.jsonl"
    path.write_text("".join(json.dumps({"nr": i, "text": text}) + "\n"
                            for i, text in enumerate([*texts, None, " "])), encoding="utf-8")
    return {"COURSE_OWN_DATA": str(path), "COURSE_OWN_TEXT": "text"}


def conversions(folder: Path) -> dict[str, str]:
    """Tests from elsewhere for recipe 04_code_pass_at_k, as CSV: a gap, and another alphabet."""
    path = folder / "conversions.csv"
    path.write_text(
        "prompt,call,expected\n"
        '"Convert degrees.\n\ndef fahrenheit(celsius):",fahrenheit(100),212\n'
        '"Convert degrees.\n\ndef fahrenheit(celsius):",fahrenheit(0),32\n'
        '"Grüße auf Russisch.\n\ndef greeting():",greeting(),\'привет\'\n'
        ",f(),1\n",
        encoding="utf-8",
    )
    return {"COURSE_OWN_DATA": str(path)}


# A lesson's number or a recipe's full name → (the reader's file, words that only that file can
# bring into the outputs)
FOREIGN = {
    "01": (guest_book, ["Hilltop", "Seaside"]),
    "01_removed_pipelines": (guest_book, ["122 rows, 1 without text"]),
    "01_speech_and_language_token": (recording, ["doorbell.wav: 2.0 seconds"]),
    "02": (notes, ["Notiz"]),
    "02_memory_calculator": (notes, ["Notiz"]),
    "03": (recipes, ["Rezept"]),
    "03_train_a_tokenizer": (recipes, ["Rezept"]),
    "04": (tickets, ["billing", "network"]),
    "04_code_pass_at_k": (conversions, ["fahrenheit", "greeting"]),
    "05": (mushrooms, ["edible", "leave it"]),
    "07": (tickets, ["billing", "network"]),
    "07_own_texts": (tickets, ["billing", "network"]),
}


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_it_runs_in_hub_mode_and_on_a_foreign_file(entry, local_hub, tmp_path):
    write, words = FOREIGN.get(entry.key, (lambda folder: {}, []))
    run = execute(entry.path, hub_environment(local_hub.url, tmp_path / "home") | write(tmp_path))
    assert run.error is None, run.error
    assert all(cell.execution_count for cell in run.notebook.cells if cell.cell_type == "code"
               and cell.source.strip())
    printed = "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for cell in run.notebook.cells
        for output in cell.get("outputs", [])
    )
    assert "models: hub" in printed and "scale: 0.1" in printed
    for word in words:
        assert word in printed


def test_every_full_lesson_and_recipe_is_tried_on_a_foreign_file():
    full = [e for e in entries() if not (isinstance(e, Lesson) and e.welcome)]
    assert {entry.key for entry in full} == FOREIGN.keys()


def test_only_a_stand_in_skips_the_claims():
    """A reader's run on the real checkpoint keeps the quality assertions."""
    assert is_stand_in(SimpleNamespace(stand_in=True))
    assert not is_stand_in(SimpleNamespace(stand_in=False))
    assert not is_stand_in(SimpleNamespace())


CLAIM = """
import json
from helpers import claim

for role in ("lm", "embedder", "llm"):
    claim(False, f"A figure of {role}.", role)
print(json.dumps("not asserted"))
"""


def test_a_claim_about_a_role_knows_a_stand_in_on_the_hub(local_hub, tmp_path):
    """Only the config is fetched: a lesson that talks to a server holds no model."""
    before = len(local_hub.requests)
    assert answer(CLAIM, hub_environment(local_hub.url, tmp_path / "home")) == "not asserted"
    paths = [path for _, path, _ in local_hub.requests[before:]]
    assert paths and all(path.endswith("/config.json") for path in paths if "/resolve/" in path)
