"""The English-Chinese pairs: clean on both sides, and new in the way that the data card says."""

import re
from collections import Counter
from itertools import chain

import pytest

from helpers.errors import CourseError
from helpers.making.shop import chinese
from helpers.making.shop.draw import Draw
from helpers.making.shop.translations import DATA_SETS, ROWS, acts, example, frames, translations
from tests.helpers.shop_data import committed

# Measured on 5-grams of words: 3.4 % for test sentences in frames of their own. Combinations in
# known
# frames share more by design: 22 %.
MAX_OVERLAP = {"frame": 0.05, "combination": 0.25}


@pytest.fixture(scope="module")
def data():
    return committed("translations")


def _words(text):
    return [word.removesuffix("'s") for word in re.findall(r"[\w']+", text.lower())]


def _grams(text, n=5):
    words = re.findall(r"[\w']+", text.lower())
    return {tuple(words[i:i + n]) for i in range(len(words) - n + 1)}


def test_counts_columns_and_unique_rows(data):
    assert {split: len(rows) for split, rows in data.items()} == ROWS
    rows = list(chain(*data.values()))
    assert all(set(row) == set(DATA_SETS[0].columns) for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)
    for side in ("en", "zh"):
        assert [text for text, n in Counter(row[side] for row in rows).items() if n > 1] == []


def test_topics_and_kinds(data):
    for split, rows in data.items():
        assert 0.55 <= sum(row["kind"].startswith("shop.")
                           for row in rows) / len(rows) <= 0.65, split
    kinds = {row["kind"] for row in data["train"]}
    assert kinds == {f"{topic}.{kind}" for topic in ("shop", "everyday")
                     for kind in ("statement", "question", "negation", "request", "wish", "past",
                                  "future")}
    new = Counter(row["kind"].split(".")[2] for row in data["test"])
    assert set(new) == {"frame", "combination"} and min(new.values()) > 250


def test_both_sides_are_clean(data):
    article = re.compile(r"\b(a (?=[aeiou])|an (?=[^aeiouh\W]))\w+", re.IGNORECASE)
    for row in chain(*data.values()):
        en, zh = row["en"], row["zh"]
        assert not re.search(r"[{}<>|\[\]/]|  | [.,?]|\b(\w+) \1\b", en), en
        assert re.match(r"[A-Z]", en) and en[-1] in ".?", en
        assert not article.search(en) or article.search(en).group(0) in ("a year",), en
        assert re.fullmatch(r"[\u4e00-\u9fff，。？、A-Z0-9.:-]+", zh) and zh[-1] in "。？", zh
        assert (en[-1] == "?") == (zh[-1] == "？"), row
        assert not re.search(r"(?<![十期])二(束|朵|盆|个|本|把|张|支)|的的|这些这|"
                             r"[束朵盆个][束朵盆个]", zh), zh


def test_both_sides_say_the_same(data):
    for row in chain(*data.values()):
        en, zh = row["en"], row["zh"]
        assert (re.findall(r"\d[\d.]*\d|\d", en.removesuffix("."))
                == re.findall(r"\d[\d.]*\d|\d", zh) or "Please move" in en), row
        for names in (chinese.PEOPLE, chinese.WEEKDAYS, chinese.STREETS):
            for english, translated in names.items():
                if re.search(rf"\b{english}\b", en):
                    assert translated in zh, row
        assert ("bunch" in en or "bouquet" in en) == ("束" in zh), row


def test_the_reserved_sentence_is_not_in_training_but_its_words_and_pattern_are(data):
    rows = data["train"] + data["validation"]
    assert not any("data science and AI" in row["en"] or "AI and data science" in row["en"]
                   for row in rows)
    assert not any("数据科学和人工智能" in row["zh"] or "人工智能和数据科学" in row["zh"]
                   for row in rows)
    train = [row["en"] for row in data["train"]]
    assert any(re.match(r"I like to learn .* and ", text) for text in train)
    for pattern in (r"learn data science and ", r"learn .* and AI\b", r"^I like to "):
        assert sum(bool(re.search(pattern, text)) for text in train) >= 3, pattern


def test_the_stream_never_makes_the_reserved_pair():
    draw = Draw("stream")
    for _ in range(3_000):
        row = example("train", draw)
        assert "data science and AI" not in row["en"] and "AI and data science" not in row["en"]


def test_every_word_of_the_test_set_stands_in_training(data):
    known = {word for row in data["train"] for word in _words(row["en"])}
    unknown = {word for row in data["test"] for word in _words(row["en"])
               if not word.isdigit()} - known
    assert {word for word in unknown if not re.search(r"\d", word)} == set()
    assert {sign for row in data["test"] for sign in row["zh"]} - {sign for row in data["train"]
            for sign in row["zh"]} == set()


def test_held_out_combinations_are_not_in_training(data):
    held_out = [phrase for phrase, _ in acts() if phrase.held_out and not phrase.parts]
    assert len(held_out) > 20
    text = {split: "\n".join(row["zh"] for row in data[split]) for split in data}
    for phrase in held_out:
        form = phrase.forms["past"][1]
        assert not re.search(rf"[们想会，]{phrase.zh}。",
                             text["train"]) and form + "。" not in text["train"], phrase.zh
    assert sum(phrase.zh in text["test"] for phrase in held_out) > len(held_out) // 2
    for pattern in (r"We wish (.+) a happy birthday", r"favourite subject is (.+)\.",
                    r"(.+) was born in", r"has never been to (.+)\."):
        names = {split: {found.group(1) for row in data[split]
                         if (found := re.search(pattern, row["en"]))} for split in data}
        assert len(names["train"]) > 3 and names["train"] & names["test"] == set(), pattern
    assert {(frame.en, frame.zh) for frame in frames("train")} & {(frame.en, frame.zh)
            for frame in frames("test")} == set()


@pytest.mark.parametrize("new", ["frame", "combination"])
def test_overlap_with_training(data, new):
    train = set().union(*(_grams(row["en"]) for row in data["train"]))
    test = set().union(*(_grams(row["en"]) for row in data["test"] if row["kind"].endswith(new)))
    assert len(test) > 900
    assert len(test & train) / len(test) <= MAX_OVERLAP[new]


def test_slots_stand_on_both_sides():
    slots = re.compile(r"\{([a-z_]+\d?)")
    for frame in frames("train") + frames("test"):
        assert set(slots.findall(frame.en)) == set(slots.findall(frame.zh)), frame


def test_same_seed_same_rows(data):
    assert translations("test") == data["test"]
    assert translations("test", seed=1) != data["test"]
    assert example("train", Draw("a")) == example("train", Draw("a"))
    with pytest.raises(CourseError, match="'tset'"):
        example("tset", Draw("a"))
