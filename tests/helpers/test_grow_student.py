"""The recipe of the student, and the checkpoint that it left."""

import json
from functools import partial

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from helpers.datasets import dataset
from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import scratch, student, teacher
from helpers.making.shop.draw import Draw
from tests.helpers.children import check_growing_is_seeded

RECIPE = student.RECIPE
LARGEST = 3_400_000  # bytes of the folder
SPEEDS = {"times as fast, one message", "times as fast, a batch of 32"}
# Of models that are not shipped
ONLY_RECORDED = {f"{figure} {name}" for figure in ("micro-F1 from", "gained over")
                 for name in student.ALONE}


@pytest.fixture(scope="module")
def recorded():
    return json.loads((RECIPE.folder / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped():
    return student.load(RECIPE.folder)


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)  # as scratch.grow does
    return student.build(0)


def test_examples_are_seeded_and_those_with_labels_alone_all_have_them():
    rows = student.examples(400, 0)
    assert rows[:50] == student.examples(50, 0) != student.examples(50, 1)
    assert 0.6 < sum("labels" not in row for row in rows) / len(rows) < 0.8
    assert (all(row["labels"] for row in student.messages(100, 0))
            and student.messages(20, 0) != teacher.examples(20, 0))
    told = " ".join(row["text"] for row in rows)
    assert [text for text, _ in teacher.EVERYDAY if text in told] == []


def test_a_student_gets_every_message_of_the_data_set_equally_often():
    from collections import Counter

    known = {row["text"]: row["labels"] for row in dataset("topics")["train"]}
    rows = student.shipped_messages(2 * len(known) + 10, 0)
    assert rows[:50] == student.shipped_messages(50, 0) != student.shipped_messages(50, 1)
    often = Counter(row["text"] for row in rows)
    assert often.keys() == known.keys() and set(often.values()) == {2, 3}
    assert all(row["labels"] == known[row["text"]] for row in rows)


def test_similar_words_take_the_place_of_some_words():
    near = student.similar()
    assert len(near) > 1500 and all(len(set(words)) == student.NEAR and word not in words
                                    for word, words in near.items())
    assert ({"grandma", "aunt"} & set(near["grandmother"])
            and {"package", "shipment"} & set(near["parcel"]))
    text, changed = teacher.message(Draw("varied"))["text"], student.varied(Draw("varied"))
    assert len(text.split()) == len(changed.split()) and text != changed
    draw = Draw("many")
    known = {word for words in (near, *near.values()) for word in words}
    told = [student.varied(draw) for _ in range(200)]
    assert len(set(told)) > 195 and any(word not in near and word in known for text in told
                                        for word in text.lower().split())


def test_patchwork_joins_pieces_of_sentences():
    draw = Draw("patchwork")
    texts = [student.patchwork(draw) for _ in range(200)]
    assert len(set(texts)) > 190 and all(1 < len(text.split()) <= 2 * student.PIECE
                                         for text in texts)


def test_the_vocabulary_is_the_same_in_every_run(untrained):
    _, tokenizer = untrained
    draw = Draw("vocabulary")
    texts = [teacher.message(draw)["text"] for _ in range(200)]
    sizes = [student.word_pieces(texts, 400) for _ in range(3)]
    assert sizes[0] == sizes[1] == sizes[2] and len(sizes[0]) == 400
    assert (len(tokenizer) == student.VOCABULARY and tokenizer.is_fast
            and tokenizer.model_max_length == student.LONGEST)
    assert tokenizer.tokenize("My ROSES came.") == ["my", "roses", "came", "."]
    assert tokenizer.convert_ids_to_tokens(range(len(student.SPECIAL))) == list(student.SPECIAL)


def test_a_batch_covers_some_tokens(untrained):
    _, tokenizer = untrained
    texts = ["Where is my parcel, and how do I pay for it? " * 4, "A good film."] * 30
    torch.manual_seed(0)
    batch = student.covered(tokenizer, [{"text": text} for text in texts])
    plain = tokenizer(texts, padding=True, return_tensors="pt")["input_ids"]
    ordinary, changed = plain >= len(student.SPECIAL), batch["input_ids"] != plain
    assert not changed[~ordinary].any() and 0.12 < changed.sum() / ordinary.sum() < 0.18
    assert 0.6 < (batch["input_ids"][changed] == tokenizer.mask_token_id).float().mean() < 0.8


def test_targets_are_the_teachers_probabilities_mixed_with_the_labels(untrained):
    _, tokenizer = untrained
    rows = [{"text": "My card was declined at the last step.", "labels": ["payment"]},
            {"text": "The film was too long."}]
    torch.manual_seed(0)
    batch = student.collate(tokenizer, rows)
    soft = torch.tensor(teacher.probabilities(*student.shipped_teacher(),
                                              [row["text"] for row in rows]))
    hard = teacher.multi_hot([["payment"]])
    near = {"atol": 0.02, "rtol": 0}  # the targets are computed in bfloat16 where that is fast
    torch.testing.assert_close(batch["labels"][:1],
                               student.ALPHA * soft[:1] + (1 - student.ALPHA) * hard, **near)
    torch.testing.assert_close(batch["labels"][1:], soft[1:], **near)
    torch.manual_seed(0)
    alone = student.collate_labels(tokenizer, rows[:1])
    assert (alone["labels"].tolist() == hard.tolist()
            and alone.keys() == batch.keys() == {"input_ids", "attention_mask", "labels"})


def test_mixed_targets_make_the_mixed_loss():
    torch.manual_seed(0)
    logits, soft, hard = torch.randn(5, 8), torch.rand(5, 8), (torch.rand(5, 8) < 0.3).float()
    mixed = (student.ALPHA * binary_cross_entropy_with_logits(logits, soft)
             + (1 - student.ALPHA) * binary_cross_entropy_with_logits(logits, hard))
    assert binary_cross_entropy_with_logits(
        logits, student.ALPHA * soft + (1 - student.ALPHA) * hard) == pytest.approx(float(mixed))


def test_the_speed_up_is_the_ratio_of_the_medians(monkeypatch):
    def told(model, tokenizer, batches, times, timed):
        for number, _ in enumerate(batches):
            if timed:
                times[number].append((12.0 if model == "large" else 2.0) + (number
                        if model == "large" else 0))

    monkeypatch.setattr(student, "seconds", told)
    given = student.speed_up(("large", None), ("small", None), [["a"], ["b"], ["c"]])
    assert given.estimate == pytest.approx(6.5) and 6 < given.low < 6.1 and 6.9 < given.high < 7


def test_growing_is_seeded_and_shows_what_the_teacher_adds(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "SIZES",
                        {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 16})
    monkeypatch.setattr(student, "TIMED", {"one message": 2, "a batch of 32": 2})
    monkeypatch.setattr(student, "REPEATS", 1)
    monkeypatch.setattr(teacher, "BASELINE_MESSAGES", 200)
    monkeypatch.setattr(teacher, "baseline", teacher.baseline.__wrapped__)
    _, metrics = check_growing_is_seeded(student.grow, tmp_path, "model.safetensors",
                                         partial(scratch.card, RECIPE), sample=0.05)
    assert metrics["figures"].keys() >= {*RECIPE.bars, *ONLY_RECORDED, *SPEEDS,
                                         "micro-F1 of the teacher", "familiar micro-F1 lost"}
    assert not {f"familiar {name}" for name in SPEEDS} & metrics["figures"].keys()
    assert metrics["architecture"] == "DistilBertForSequenceClassification"


def test_the_shipped_files_are_those_that_were_measured(recorded):
    assert {name: sha256(RECIPE.folder / name) for name in recorded["files"]} == recorded["files"]
    assert ((RECIPE.folder / "README.md").read_text(encoding="utf-8")
            == scratch.card(RECIPE, recorded))
    assert sum(path.stat().st_size for path in RECIPE.folder.iterdir()) < LARGEST


def test_the_bars_are_met_and_the_teacher_is_worth_more_than_labels_alone(recorded):
    assert recorded["bars"] == RECIPE.bars
    assert all(RECIPE.met(name, recorded["figures"][name][0]) for name in RECIPE.bars)
    assert all(recorded["figures"][f"gained over {name}"][1] > 0 for name in student.ALONE)


@pytest.mark.card
def test_the_card_agrees_with_a_fresh_measurement_and_the_student_is_faster_here(recorded):
    compared = student.check(sample=0.4)
    assert compared.keys() == recorded["figures"].keys() - {prefix + name for name in ONLY_RECORDED
            for prefix in ("", "familiar ")}
    assert grow.disagreements({name: pair for name, pair in compared.items()
                               if name not in SPEEDS}) == {}
    # How much faster depends on the machine and on what else it does
    assert all(compared[name][1].estimate > 2.5 for name in SPEEDS), compared


def test_everyday_messages_come_out_right(shipped, recorded):
    rows = teacher.everyday(*shipped)
    right = sum(row["given"] == row["expected"] for row in rows)
    assert len(rows) >= 9 and right >= RECIPE.everyday_bar * len(rows), [row for row in rows
            if row["given"] != row["expected"]]
    # Another CPU rounds differently
    assert abs(right - sum(row["given"] == row["expected"] for row in recorded["everyday"])) <= 1
