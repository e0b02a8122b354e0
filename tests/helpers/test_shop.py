"""The shop's data: the same bytes every time, and as good as the data card says."""

import gzip
import hashlib
import json
import re
import tomllib
from collections import Counter
from itertools import chain

import pytest

from helpers.errors import CourseError
from helpers.files import DATA, sha256, verify
from helpers.making.shop import dataset_files, entities, write
from helpers.making.shop.corpus import WEIGHTS, documents
from helpers.making.shop.draw import Draw
from helpers.making.shop.reviews import MAX_WORDS, phrases
from helpers.making.shop.world import SPLITS

# Measured: 1.2 % of the test reviews' 5-grams occur in a training review.
MAX_OVERLAP = 0.02
TEXT = {"reviews": "text", "articles": "body", "chats": "text", "products": "name"}


@pytest.fixture(scope="module")
def data():
    return dataset_files.rows()


def test_regenerating_gives_the_committed_bytes(tmp_path, monkeypatch, data):
    # Made once for all tests here
    monkeypatch.setattr(dataset_files, "rows", {0: data}.__getitem__)
    write(tmp_path / "shop")

    def contents(folder):
        return {path.relative_to(folder).as_posix(): sha256(path)
                for path in folder.rglob("*.jsonl*")}

    written, committed = contents(tmp_path / "shop"), contents(DATA / "shop")
    others = {path.name for path in (DATA / "shop").rglob("*") if path.is_file()
              and ".jsonl" not in path.name}
    assert others == {"shop.sqlite"}  # its contents are compared in test_shop_orders.py
    assert sorted(written) == sorted(committed)
    assert [name for name in written if written[name] != committed[name]] == []
    assert sum(path.stat().st_size for path in (DATA / "shop").rglob("*.jsonl*")) < 12_000_000


def test_a_damaged_packed_file_is_named(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    content = gzip.compress(b'{"text": "roses"}\n')
    path.write_bytes(content)
    digest = sha256(path)
    assert (digest == hashlib.sha256(b'{"text": "roses"}\n').hexdigest()
            and verify(path, digest) == path)
    for damaged in (content[:-5], b"no gzip", content[:12] + b"\0\0\0" + content[15:]):
        path.write_bytes(damaged)
        with pytest.raises(CourseError, match="train.jsonl.gz is damaged"):
            verify(path, digest)


def test_table_and_card_describe_the_committed_files(data):
    contents = dataset_files.files(data)
    assert dataset_files.TABLE.read_text(encoding="utf-8") == dataset_files.table(data, contents)
    from helpers.making.shop import card

    described = {one.name: set(one.columns) for one in dataset_files.data_sets()}
    assert dataset_files.CARD.read_text(encoding="utf-8") == card.text(dataset_files.data_sets(),
            data, contents)
    for name, row in tomllib.loads(dataset_files.TABLE.read_text(encoding="utf-8")).items():
        assert set(row["splits"]) == set(SPLITS)
        columns = described[name]
        assert all(set(record) == columns for record in chain(*data[name].values()))


def test_another_folder_leaves_table_and_card_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_files, "MODULES", ("reviews",))
    before = dataset_files.TABLE.read_bytes(), dataset_files.CARD.read_bytes()
    write(tmp_path / "shop", seed=1)
    assert (dataset_files.TABLE.read_bytes(), dataset_files.CARD.read_bytes()) == before
    assert ((tmp_path / "shop/reviews/test.jsonl").read_bytes()
            != (DATA / "shop/reviews/test.jsonl").read_bytes())


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interrupted_write_leaves_the_old_files(tmp_path, monkeypatch, error, data):
    folder = tmp_path / "shop"
    (folder / "reviews").mkdir(parents=True)
    (folder / "reviews/test.jsonl").write_text("old", encoding="utf-8")
    path_type, count = type(folder), Counter()
    original = path_type.write_bytes

    def failing(path, content):
        count["writes"] += 1
        if count["writes"] == 5:
            raise error
        return original(path, content)

    monkeypatch.setattr(dataset_files, "rows", lambda seed: data)
    monkeypatch.setattr(path_type, "write_bytes", failing)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write(folder)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")
            if path.is_file()] == ["shop/reviews/test.jsonl"]
    assert (folder / "reviews/test.jsonl").read_text(encoding="utf-8") == "old"


def test_counts(data):
    counts = {name: {split: len(rows) for split, rows in splits.items()}
              for name, splits in data.items()}
    assert counts["reviews"]["train"] >= 6_000
    assert counts["reviews"]["validation"] >= 800
    assert counts["reviews"]["test"] >= 1_200
    assert sum(counts["products"].values()) == 500
    assert sum(counts["articles"].values()) >= 150
    assert counts["chats"]["train"] >= 1_000 and counts["chats"]["test"] >= 500
    small = {"articles", "article_questions", "products", "calls"}
    assert {name: n["test"] for name, n in counts.items() if n["test"] < 500
            and name not in small} == {}


def test_no_empty_or_repeated_texts(data):
    for name, column in TEXT.items():
        texts = [row[column] for row in chain(*data[name].values())]
        assert all(text.strip() for text in texts)
        assert [text for text, n in Counter(texts).items() if n > 1] == [], name
        ids = [row["id"] for row in chain(*data[name].values())]
        assert len(set(ids)) == len(ids)


def test_labels_are_balanced_and_agree_with_the_stars(data):
    for rows in data["reviews"].values():
        counts = Counter(row["stars"] for row in rows)
        assert set(counts) == {1, 2, 3, 4, 5}
        assert len(set(counts.values())) == 1
        assert all(row["label"] == row["stars"] - 1 for row in rows)


def test_reviews_are_short_clean_sentences(data):
    rows = list(chain(*data["reviews"].values()))
    lengths = [len(row["text"].split()) for row in rows]
    assert max(lengths) <= MAX_WORDS
    assert 18 <= sum(lengths) / len(lengths) <= 25
    article = re.compile(r"\b(a (?=[aeio])|an (?=[^aeiouh\W]))\w+", re.IGNORECASE)
    allowed = {"a one", "a euro", "an hour", "a union"}
    for row in rows:
        text = row["text"]
        assert not re.search(r"[\[\]{}]|  | [.,;:!?]|[.,;:!?]{2}", text), text
        assert re.match(r"[A-Z]", text) and text[-1] in ".!?", text
        assert not re.search(r"[.!?] [a-z]", text), text
        assert {found.group(0).lower() for found in article.finditer(text)} <= allowed, text
        words = text.lower().split()
        assert all(a != b for a, b in zip(words, words[1:])), text
        assert row["product"].split()[-1] in text.lower(), text


def _grams(text, n=5):
    words = re.findall(r"[\w']+", text.lower())
    return {tuple(words[i:i + n]) for i in range(len(words) - n + 1)}


def test_test_reviews_hardly_share_five_grams_with_training(data):
    train = set().union(*(_grams(row["text"]) for row in data["reviews"]["train"]))
    test = set().union(*(_grams(row["text"]) for row in data["reviews"]["test"]))
    assert len(test) > 5_000
    assert len(test & train) / len(test) <= MAX_OVERLAP


def test_no_test_phrase_in_training(data):
    train, test, validation = phrases("train"), phrases("test"), phrases("validation")
    known = {line.lower() for aspect in train.values() for lines in aspect.values()
             for line in lines}
    for aspect, grades in test.items():
        for lines in grades.values():
            assert not known & {line.lower() for line in lines}, aspect
    for aspect, grades in validation.items():
        if aspect != "templates":
            assert not known & {line.lower() for lines in grades.values() for line in lines}, aspect
    # Every grade that a template of any split asks for has an opinion.
    for table in (train, test, validation):
        wanted = set(re.findall(r"\[(\w+)\.(\w+)\]", json.dumps(table["templates"])))
        for aspect, grade in wanted:
            names = {"item": ("cut", "pot", "thing"),
                     "other": ("delivery", "packing", "price", "service")}.get(aspect, (aspect,))
            assert all(table[name][grade] for name in names), (aspect, grade)
    whole = "\n".join(row["text"].lower()
                      for row in data["reviews"]["train"] + data["reviews"]["validation"])
    fixed = [line.lower() for grades in test.values() for lines in grades.values()
             for line in lines if "{" not in line and "[" not in line]
    assert len(fixed) > 100
    assert [line for line in fixed if len(line.split()) > 3 and line in whole] == []


def test_articles_differ(data):
    rows = list(chain(*data["articles"].values()))
    bodies = [_grams(row["body"], 3) for row in rows]
    for row in rows:
        assert 60 <= len(row["body"].split()) <= 150, row["title"]
    for i, first in enumerate(bodies):
        for second in bodies[:i]:
            assert len(first & second) / len(first | second) < 0.05
    assert len({row["title"] for row in rows}) == len(rows)


def test_chats_have_summaries_whose_facts_stand_in_the_chat(data):
    for row in chain(*data["chats"].values()):
        speakers = [line.split(":")[0] for line in row["text"].splitlines()]
        assert speakers == ["Customer", "Marigold"] * (len(speakers) // 2) and len(speakers) >= 6
        assert row["summary"].endswith(".") and row["summary"].count(". ") == 0
        facts = re.findall(r"\d[\d.]*\d|\d|\b[A-Z][a-z]+\b", row["summary"])
        said = row["text"].replace("Marigold:", "") + " Marigold The"
        assert [fact for fact in facts if fact not in said] == [], row
    for split in SPLITS:
        assert any(row["topic"] == "not arrived" for row in data["chats"][split])


@pytest.mark.parametrize("split", SPLITS)
def test_documents_are_seeded_and_answers_complete_prompts(split):
    first, again = list(documents(split, 400, seed=3)), list(documents(split, 400, seed=3))
    assert first == again
    assert first != list(documents(split, 400, seed=4))
    assert {row["kind"] for row in first} == set(WEIGHTS)
    for row in first:
        if row["kind"] != "tool":  # its observations are JSON
            assert not re.search(r"[{}\[\]]|  ", row["text"]), row
        if "prompt" in row:
            assert row["text"].startswith(f"{row['prompt']} {row['answer']}")
            # A call has quotes; a class may have had no example yet
            if row["kind"] not in ("tool", "labels"):
                assert row["answer"].lower() in row["prompt"].lower(), row
    assert {row["kind"] for row in documents(split, 20, kinds={"copy": 1})} == {"copy"}


def test_held_out_documents_have_other_people_and_sentences():
    held_out = set(entities.NAMES_HELD_OUT + entities.MADE_NAMES_HELD_OUT + entities.STAFF_HELD_OUT)
    words = {split: {word for row in documents(split, 3_000, seed=1)
                     for word in re.findall(r"[A-Z][a-z]+", row["text"])}
             for split in ("train", "test")}
    assert words["train"] & held_out == set()
    assert len(words["test"] & held_out) > 100
    lines = {split: {line for row in documents(split, 1_000, seed=1,
                                               kinds={"story": 1, "care": 1, "chat": 1})
                     for line in row["text"].splitlines()}
             for split in ("train", "test")}
    assert lines["train"] & lines["test"] == set()


def test_bad_values_are_named():
    with pytest.raises(CourseError, match="'tset'.*Did you mean 'test'"):
        list(documents("tset", 1))
    with pytest.raises(CourseError, match="'stroy'.*Did you mean 'story'"):
        list(documents("train", 1, kinds={"stroy": 1}))


def test_draw_depends_on_the_seed_alone():
    # Written down once: a change here would change every file.
    draw = Draw("marigold")
    assert [draw.below(10) for _ in range(8)] == [5, 4, 9, 2, 5, 6, 0, 3]
    assert sorted(draw.shuffled(range(20))) == list(range(20))
