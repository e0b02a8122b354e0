"""The recipe of the language model, and the checkpoint that it left."""

import errno
import json
import math
from itertools import islice

import pytest

from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import (
    card,
    everyday,
    focus,
    heads,
    lm,
    packing,
    quality,
    tokenizer,
    training,
)
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world
from tests.helpers.children import stopped_at

UNICODE = "Rosé für Zoë, 24.50 €: 花 🌷\n\ttwo  spaces — “quoted”"
STEPS = 3


@pytest.fixture(scope="module")
def shipped():
    model, tokens = lm.load(lm.FOLDER)
    return model, tokens


@pytest.fixture(scope="module")
def recorded():
    return json.loads((lm.FOLDER / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture
def quick(monkeypatch):
    """Growing and measuring at a size for tests."""
    monkeypatch.setattr(training, "SAVE_EVERY", 1)
    monkeypatch.setattr(lm, "LONGEST", 4)
    exam = lm.exam
    monkeypatch.setattr(lm, "exam", lambda split, count: dict(list(exam(split, count).items())[:2]))
    monkeypatch.setattr(lm, "PROMPTS", lm.PROMPTS[:1])
    monkeypatch.setattr(lm, "WHOLE", {"question": 1, "copy": 1, "echo": 1, "tale": 1})
    monkeypatch.setattr(lm, "ASKED", {"copy": 1, "several": 1})
    monkeypatch.setattr(lm, "FIRST", {"table": 1, "dense": 1})
    monkeypatch.setattr(lm, "FIRST_SHARE", 1 / STEPS)
    monkeypatch.setattr(focus, "INVENTED", 20)


def test_unknown_role_and_bad_numbers_are_named():
    with pytest.raises(CourseError, match="'lmm'.*Did you mean 'lm'"):
        grow.grow("lmm")
    with pytest.raises(CourseError, match="processes is 13"):
        grow.grow("lm", processes=13)
    with pytest.raises(CourseError, match="steps is 0"):
        grow.grow("lm", steps=0)


def test_growing_is_seeded_resumable_and_replaces_the_old_files_only_when_complete(tmp_path, quick,
        monkeypatch):
    def run(folder, cache, processes=1):
        return grow.grow("lm", steps=STEPS, folder=folder, cache=tmp_path / cache,
                         processes=processes, sample=0.01)

    uninterrupted = run(tmp_path / "uninterrupted", "one")

    folder = tmp_path / "interrupted"
    folder.mkdir()
    (folder / "model.safetensors").write_text("old")
    with stopped_at(2):
        run(folder, "two")

    def full_disk(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    save = lm.save
    monkeypatch.setattr(lm, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        run(folder, "two", processes=2)  # resumes, with another number of processes, and then fails
    monkeypatch.setattr(lm, "save", save)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert (folder / "model.safetensors").read_text() == "old" and len(list(folder.iterdir())) == 1

    run(folder, "two")
    for name in ("model.safetensors", "tokenizer.json", "config.json", "tokenizer_config.json"):
        assert (folder / name).read_bytes() == (uninterrupted / name).read_bytes(), name
    losses = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["loss"]
    assert [step for step, _ in losses] == list(range(1, STEPS + 1))


def test_only_answers_are_learnt_where_something_is_asked(shipped):
    _, tokens = shipped
    for kind in focus.MAKERS:
        made = list(islice(focus.documents(kind, "train", invented_share=0.5), 20))
        for pieces, ids in zip(made, focus.encode(tokens, made), strict=True):
            plain = [token if token >= 0 else ~token for token in ids]
            # Pieces do not change the tokens
            assert plain == tokens("".join(text
                                           for text, _ in pieces) + tokens.eos_token)["input_ids"]
            said = "".join(text for text, learnt in pieces if learnt)
            assert tokens.decode([token for token in ids if token >= 0]) == said + tokens.eos_token
            if kind in ("passage", "several", "dense"):
                assert "Question" not in said and "Answer" not in said
    assert next(focus.documents("several", "train", 1)) != next(focus.documents("several", "train",
            2))


def test_what_is_only_read_does_not_count_in_the_loss():
    import numpy
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=16,
                                         num_hidden_layers=1, num_attention_heads=2))
    read, learnt = [3, 4, 5], [6, 7]
    batch = numpy.array([[*(~t for t in read), *learnt, 0]], dtype=numpy.int16)
    # One document, two shards
    trainer = training.Trainer(model, [batch], 0, training.Schedule(steps=1), torch.device("cpu"),
                               [0, 1])
    trainer.bf16 = False
    out = torch.full((2, sum(p.numel() for p in trainer.parameters) + 1), 7.0)
    trainer.gradients(0, out)
    assert not out[1].any()
    logits = model(input_ids=torch.tensor([read + learnt])).logits[0].detach()
    wanted = torch.nn.functional.cross_entropy(logits[2:4], torch.tensor(learnt)).detach()
    assert float(out[0, -1]) == pytest.approx(float(wanted), abs=1e-5)


def test_learning_rates_rise_and_fall():
    schedule = training.Schedule(steps=1000)
    rates = [schedule.rate(step) for step in range(1000)]
    top = rates.index(max(rates))
    assert 0 < rates[0] < 0.02 and 80 <= top <= 100
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:],
            reverse=True)
    assert 0 < rates[-1] < 0.01


def test_invented_things_are_new_words():
    place = focus.invented("train", 0)
    known = {plant.plural for plant in world("train").plants} | set(world("train").names)
    assert len({plant.plural for plant in place.plants}) > 1000
    assert not known & {plant.plural for plant in place.plants}
    plain, mixed = ([next(focus.documents("table", "train", seed, share)) for seed in range(20)]
                    for share in (0.0, 1.0))
    assert plain != mixed


def test_invented_words_are_of_all_sorts_and_none_is_held_out(shipped):
    _, tokens = shipped
    draw, known = Draw("words"), set(focus.known_words())
    made = [focus.word(draw, 2) for _ in range(2000)]
    assert 0.2 < sum(word in known for word in made) / len(made) < 0.45
    # Of events, places, streets, labels, people
    assert not known & {"launch", "farewell", "museum", "lantern", "wolf", "east", "henrik"}
    assert len({token for word in made
                for token in tokens(f" {word}").input_ids}) > 600 and len(known) > 5000


def test_tokens_of_equal_spelling_start_alike():
    import torch

    tokens = tokenizer.train_tokenizer(["rose roses Rose a rose the roses Roses 7 17"] * 9, 300, 16)
    names = [tokens.convert_ids_to_tokens(number) for number in range(len(tokens))]
    spelling = heads.spellings(tokens)
    number = {name: names.index(name) for name in ("rose", "Ġrose", "Ġroses", "Ġ7", "7", "!", "Ġ")}
    assert spelling[number["rose"]] == spelling[number["Ġrose"]] != spelling[number["Ġroses"]]
    assert spelling[number["7"]] == spelling[number["Ġ7"]] and len({spelling[number[name]]
            for name in ("7", "!", "Ġ")}) == 3
    embedding = lm.new_model(tokens, 0).get_input_embeddings().weight[:, 1:]
    alike, apart = (torch.cosine_similarity(embedding[number["rose"]], embedding[number[other]],
                                            dim=0).item() for other in ("Ġrose", "7"))
    assert alike == pytest.approx(heads.ALIKE, abs=0.15) and abs(apart) < 0.2


def test_the_seed_decides_text_and_weights():
    def first(kind, seed):
        return next(lm.documents(kind, "train", seed))["text"]

    def weights(seed):
        return lm.new_model(tokens, seed).model.layers[1].self_attn.q_proj.weight.tolist()

    tokens = tokenizer.train_tokenizer([UNICODE], 300, 16)
    assert weights(0) == weights(0) != weights(1)
    for kind in lm.WHOLE:
        if kind != "article":  # there are only a few
            assert first(kind, 0) == first(kind, 0) != first(kind, 1), kind


def test_batches_hold_whole_documents_of_similar_length(tmp_path):
    import numpy

    documents = [numpy.full(1 + number * 37 % 90, number, dtype=numpy.int16)
                 for number in range(1, 200)] + [numpy.full(121, 9, dtype=numpy.int16)]
    cut = packing.batches([len(one) for one in documents], tokens=120, seed=0)
    # The last one is too long
    assert sorted(number for batch in cut for number in batch) == list(range(199))
    assert cut != packing.batches([len(one) for one in documents], tokens=120, seed=1)
    packing.write(tmp_path, documents, cut)
    batches = packing.Batches(tmp_path, padding=0)
    assert len(batches) == len(cut)
    for number, batch in enumerate(cut):
        rows = batches[number]
        assert rows.size <= 120
        for row, document in zip(rows, batch, strict=True):
            assert (row[row != 0].tolist() == documents[document].tolist()
                    and (row[: len(documents[document])] != 0).all())
    # Little padding
    assert sum(len(batches[number].ravel())
               for number in range(len(cut))) < 1.2 * len(batches.tokens)


def test_seen_in_training_counts_runs_of_tokens(monkeypatch):
    import numpy

    monkeypatch.setattr(quality, "PART", 7)
    text = numpy.arange(40, dtype=numpy.int16)
    assert quality.seen_in_training([[3, 4, 5, 6]], text, n=4) == 1
    assert quality.seen_in_training([[3, 4, 5, 6, 9]], text, n=4) == 0.5
    assert quality.seen_in_training([[36, 37, 38, 39], [38, 39, 40, 41]], text, n=4) == 0.5


def test_everyday_text_has_no_open_slots_and_shares_few_phrases_with_held_out_text():
    assert (set(everyday.phrases(False)) == set(everyday.phrases(True))
            == set(everyday.KINDS))

    def grams(split, count):
        texts = [document["text"] for document in everyday.documents(split, count)]
        assert not [text for text in texts if set(text) & set("[]{}|")]
        assert not [text for text in texts if "  " in text
                    or not (text[0].isupper() or text[0] in "1-\"")]
        words = [text.split() for text in texts]
        return {tuple(text[i : i + 5]) for text in words for i in range(len(text) - 4)}

    test = grams("test", 2000)
    assert len(test & grams("train", 8000)) / len(test) < 0.05
    with pytest.raises(CourseError, match="kind of text 'poem'"):
        next(everyday.documents("train", 1, kinds=("poem",)))


def test_shipped_files_are_those_that_were_measured(recorded):
    assert {name: sha256(lm.FOLDER / name) for name in recorded["files"]} == recorded["files"]
    assert "model.safetensors" in recorded["files"]
    assert (lm.FOLDER / "README.md").read_text(encoding="utf-8") == card.render(recorded, lm.WHOLE,
            lm.SOFTENED)


def test_shipped_weights_are_float16_in_multiples_of_256():
    from safetensors import safe_open
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(lm.FOLDER)
    assert config.architectures == ["LlamaForCausalLM"] and config.tie_word_embeddings
    assert (config.hidden_size % 256 == config.intermediate_size % 256
            == config.vocab_size % 256 == 0)
    with safe_open(lm.FOLDER / "model.safetensors", "pt") as weights:
        tensors = [weights.get_tensor(name) for name in weights.keys()]
    assert {str(tensor.dtype) for tensor in tensors} == {"torch.float16"}
    assert config.max_position_embeddings >= 1024
    assert 3.5e6 < sum(tensor.numel() for tensor in tensors) < 5e6


def test_shipped_checkpoint_loads_plainly_in_float32(shipped):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(lm.FOLDER)
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}


def test_tokenizer_gives_back_any_text(shipped):
    _, tokens = shipped
    ids = tokens(UNICODE)["input_ids"]
    assert ids[0] == tokens.bos_token_id
    assert tokens.decode(ids, skip_special_tokens=True) == UNICODE
    batch = tokens(["one", "two words here"], padding=True)
    assert (batch["input_ids"][0][0] == tokens.pad_token_id
            and set(batch) == {"input_ids", "attention_mask"})
    assert len({tokens.bos_token_id, tokens.eos_token_id, tokens.pad_token_id}) == 3


@pytest.mark.card
def test_card_agrees_with_a_fresh_measurement(recorded):
    compared = grow.check("lm", sample=0.05)
    assert set(compared) <= set(recorded["figures"])
    apart = grow.disagreements(compared)
    assert len(apart) <= len(compared) // 20, apart  # the intervals are 95 % each
    low = {name: interval[1] for name, interval in recorded["figures"].items()}
    assert compared["familiar perplexity"][1].high < low["familiar bigram perplexity"] / 2
    assert compared["softened perplexity"][1].high < low["bigram perplexity"]
    assert compared["familiar exact match copy"][1].low > 0.3


def test_it_writes_readable_text_that_ends(shipped):
    import torch

    model, tokens = shipped
    torch.manual_seed(1)
    prompts = [prompt for prompt in lm.PROMPTS for _ in range(3)]
    with training.one_thread():
        written = quality.continuations(model, tokens, prompts, lm.LONGEST, **lm.SAMPLING)
    assert sum(ended for _, ended in written) >= 0.9 * len(written)
    assert not [text for text, _ in written if "\ufffd" in text]
    assert all(len(text.split()) >= 2 for text, _ in written)
    known = {word for kind in lm.WHOLE for document in lm.documents(kind, "train", 0, 300)
             for word in document["text"].split()}
    words = [word for text, _ in written for word in text.split()]
    assert sum(word in known for word in words) / len(words) > 0.9


def test_perplexity_interval_is_exact_where_all_documents_are_equal():
    interval = quality.perplexity([math.log(7)] * 5)
    assert interval.low == pytest.approx(7) and interval.high == pytest.approx(7)
