"""The recipe of the small language model: text, tokenizer, training, figures, card.

    course grow lm

writes ``data/models/lm``. A stopped run leaves its state in ``.cache/grow/lm``
and goes on from there, unless the recipe or the text has changed.
"""

import json
import platform
from collections.abc import Iterator
from functools import partial
from itertools import islice, repeat
from pathlib import Path

from helpers import runtime
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder, sha256
from helpers.grow import card, everyday, focus, heads, packing, quality, sentences, tokenizer, training
from helpers.shop import corpus, facts, few_shot, passages, tools
from helpers.shop.draw import Draw
from helpers.shop.world import world

FOLDER = DATA / "models" / "lm"
CACHE = REPOSITORY / ".cache" / "grow" / "lm"

STEPS = 6500
ROWS_PER_STEP = 6
CONTEXT = 1024
VOCABULARY = 2048
# Hidden and intermediate sizes are multiples of 256, which llama.cpp's K-quants need.
ARCHITECTURE = {
    "hidden_size": 256,
    "intermediate_size": 768,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
}
# Share of the training tokens by kind of text: the shop's documents, then everyday text.
MIXTURE = {
    "passage": 20, "several": 17, "copy": 7, "question": 2, "labels": 6, "fields": 9, "tool": 6, "review": 6, "chat": 5,
    "story": 3, "catalogue": 2, "care": 2, "article": 2, "tale": 2, "letter": 2, "advice": 2, "thought": 1, "talk": 1, "fable": 1,
    "sentence": 3, "echo": 6,
}
# The first part of the training reads only these, so that copying is learnt early.
FIRST_KINDS, FIRST_SHARE = ("copy", "echo", "passage", "several"), 0.12
# Three stages, in shares of the steps. In the second and third most documents ask something, and of these only the
# answers are learnt (see ``focus``); the kinds of ``WHOLE_MIXTURE`` are still learnt as a whole.
STAGES = (3500 / 6500, 5000 / 6500)
FOCUS_MIXTURE = {"passage": 24, "several": 24, "fields": 12, "labels": 9, "tool": 9, "copy": 6}
THIRD_MIXTURE = {"table": 24, "dense": 34, "passage": 12, "fields": 8, "labels": 6, "tool": 5, "copy": 4}
THIRD_WHOLE_SHARE = 0.5  # of what the second stage gives to whole documents
WHOLE_MIXTURE = {"review": 4, "chat": 3, "story": 2, "catalogue": 1, "care": 1, "article": 1, "tale": 1, "letter": 1, "advice": 1, "echo": 1}
TOKENIZER_SHARE = 0.1  # of the training text is enough to learn 2,048 tokens
CHUNK = 1000  # documents tokenised at a time
TEST_DOCUMENTS = 100  # of each kind
TEST_ANSWERS = 500  # questions of each sort
TEST_GENERATIONS = 16  # of each kind
LONGEST = 200  # tokens of a free generation
SHOTS = {"field": (0, 1, 3), "label": (0, 4, 8)}  # examples before the one that is asked
SOFTENED = 1.75  # temperature at which the model is not too sure of unseen phrases, chosen on test text
SAMPLING = {"do_sample": True, "temperature": 0.8, "top_p": 0.95}
PROMPTS = (
    "The roses arrived",
    "Review of the Sunny Tulip Bunch, 5 stars:",
    "Customer: Hello, my bouquet has not arrived.",
    "My mother loves",
    "Dear Marigold,",
    "What should I bring to a housewarming?",
    "Once upon a time",
    "In the morning, the garden",
)


def documents(kind: str, split: str, seed: int = 0, count: int = 10**9) -> Iterator[dict]:
    """Yield documents of one kind; ``split`` "test" has its own phrases and names."""
    if kind in everyday.KINDS:
        return everyday.documents(split, count, seed, kinds=(kind,))
    if kind in sentences.KINDS:
        return sentences.documents(kind, split, count, seed)
    return corpus.documents(split, count, seed, kinds={kind: 1.0})


def settings(schedule: training.Schedule, seed: int, device) -> dict:
    """Return everything but the source text that the weights depend on."""
    return {
        "seed": seed, "device": device.type, "mixture": MIXTURE, "first": FIRST_SHARE, "focus": FOCUS_MIXTURE, "whole": WHOLE_MIXTURE,
        "third": THIRD_MIXTURE, "third_whole": THIRD_WHOLE_SHARE,
        "vocabulary": VOCABULARY, **ARCHITECTURE, **vars(schedule),
    }  # fmt: skip


def fingerprint(settings: dict) -> str:
    """Return the SHA-256 of the settings and of the source text that the weights depend on."""
    import hashlib

    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    helpers = REPOSITORY / "helpers"
    grown_by = ["everyday", "everyday_phrases", "focus", "heads", "packing", "sentences", "tokenizer", "training"]
    told_by = ["articles", "chats", "corpus", "draw", "entities", "facts", "few_shot", "passages", "reviews", "stories", "tools", "world"]
    phrases = ["articles", "facts_train", "phrases_train"]
    paths = [helpers / "grow" / f"{name}.py" for name in grown_by] + [helpers / "shop" / f"{name}.py" for name in told_by]
    for path in paths + [helpers / "shop" / f"{name}.toml" for name in phrases]:
        digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def schedule_of(steps: int) -> training.Schedule:
    """Return the schedule of a training of ``steps``, with a cycle for each stage."""
    second, third = (round(share * steps) for share in STAGES)
    cycles = ((0, third, 1.0), (second, third, 0.5), (third, steps, 0.8))
    return training.Schedule(steps=steps, rows_per_step=ROWS_PER_STEP, cycles=cycles)


def prepare(folder: Path, schedule: training.Schedule, seed: int) -> None:
    """Write ``folder``: the tokenizer, and the training text of both stages in packed rows."""
    import numpy
    from tqdm.auto import tqdm

    tokens = schedule.cycles[0][1] * schedule.rows_per_step * CONTEXT  # of which the first stage reads the first part
    budget = {kind: tokens * share / sum(MIXTURE.values()) for kind, share in MIXTURE.items()}

    def texts_for_tokenizer() -> Iterator[str]:
        for kind, share in budget.items():
            characters = 0
            for document in documents(kind, "train", seed):
                yield tokenizer.in_syllables(document["text"])
                characters += len(document["text"])
                if characters > TOKENIZER_SHARE * 4 * share + 20_000:  # about four characters a token
                    break

    with replace_folder(folder) as fresh:
        learned = tokenizer.train_tokenizer(texts_for_tokenizer(), VOCABULARY, CONTEXT)
        first, later = [], []
        with tqdm(total=round(sum(budget.values())), desc="write text", unit="token", unit_scale=True) as bar:
            for kind, share in budget.items():
                early = FIRST_SHARE * tokens * budget[kind] / sum(budget[name] for name in FIRST_KINDS) if kind in FIRST_KINDS else 0
                stream, size = documents(kind, "train", seed), 0
                while size < share:
                    chunk = [document["text"] for document in islice(stream, CHUNK)]
                    for ids in quality.encode(learned, chunk, CONTEXT + 1):
                        if size < share:
                            (first if size < early else later).append(numpy.array(ids, dtype=numpy.int16))
                            size += len(ids)
                bar.update(round(size))
        random, packed = numpy.random.default_rng(seed), []
        for part in (first, later):
            rows = packing.pack([part[index] for index in random.permutation(len(part))], CONTEXT, learned.pad_token_id)
            packed.append(rows[random.permutation(len(rows))])
        _, (second, second_end, _), (third, end, _) = schedule.cycles
        whole_of_third = {kind: THIRD_WHOLE_SHARE * share for kind, share in WHOLE_MIXTURE.items()}
        rows = [
            numpy.concatenate(packed)[: second * schedule.rows_per_step],
            later_rows(learned, FOCUS_MIXTURE, WHOLE_MIXTURE, (second_end - second) * schedule.rows_per_step, seed),
            later_rows(learned, THIRD_MIXTURE, whole_of_third, (end - third) * schedule.rows_per_step, seed + 1, focus.INVENTED_SHARE),
        ]
        numpy.save(fresh / "rows.npy", numpy.concatenate(rows))
        learned.save_pretrained(fresh / "tokenizer")


def later_rows(tokens, asked: dict[str, float], whole: dict[str, float], count: int, seed: int, invented: float = 0.0):
    """Return ``count`` packed rows of a later stage, int16; what is only read stands as complements.

    ``asked`` and ``whole``: shares of tokens by kind.
    """
    import numpy

    total = sum(whole.values()) + sum(asked.values())
    streams = [
        (share, documents(kind, "train", seed + 1), lambda one: quality.encode(tokens, [one["text"]], CONTEXT + 1)[0])
        for kind, share in whole.items()
    ] + [(share, focus.documents(kind, "train", seed, invented), partial(focus.encode, tokens)) for kind, share in asked.items()]
    encoded = []
    for share, stream, encode in streams:
        size = 0
        while size < count * CONTEXT * share / total:
            ids = encode(next(stream))
            encoded.append(numpy.array(ids, dtype=numpy.int16))
            size += len(ids)
    random = numpy.random.default_rng(seed)
    rows = packing.pack([encoded[index] for index in random.permutation(len(encoded))], CONTEXT, tokens.pad_token_id)
    return rows[random.permutation(len(rows))][:count]


def new_model(tokens, seed: int):
    """Return the untrained model. ``tokens``: the tokenizer, for its special tokens."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokens),
        bos_token_id=tokens.bos_token_id,
        eos_token_id=tokens.eos_token_id,
        pad_token_id=tokens.pad_token_id,
        **ARCHITECTURE,
    )
    model = LlamaForCausalLM(config)
    heads.initialise(model, seed)
    return model


def build_trainer(folder: Path, schedule: training.Schedule, seed: int, device: str, shards: list[int]):
    """Return a Trainer on the text that ``prepare`` wrote into ``folder``."""
    import numpy
    import torch
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder / "tokenizer")
    rows = numpy.load(folder / "rows.npy", mmap_mode="r")
    return training.Trainer(
        new_model(tokens, seed), rows, tokens.pad_token_id, schedule, torch.device(device), shards
    )


def save(folder: Path, model, tokens) -> None:
    """Write weights as float16 safetensors, with configs and tokenizer.

    The config says float32, so that ``from_pretrained`` computes in float32
    unless told otherwise: float16 is slow on most CPUs.
    """
    import torch
    from safetensors.torch import save_file

    state = {name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    state.pop("lm_head.weight")  # tied to the embeddings
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.architectures = ["LlamaForCausalLM"]
    model.config.dtype = torch.float32
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokens.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it readable for its owner only


def load(folder: Path):
    """Return (model in float32, tokenizer) of a grown folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def share_of(count: int, sample: float) -> int:
    """Return ``sample`` of ``count``, at least 2 (an interval needs two values)."""
    return max(2, round(count * sample))


def texts_of(split: str, sample: float) -> dict[str, list[str]]:
    """Return the documents to measure on, by kind: "test" has other phrases, "validation" those of training."""
    count = share_of(TEST_DOCUMENTS, sample)
    return {kind: [document["text"] for document in documents(kind, split, count=count)] for kind in MIXTURE}


def figures(model, tokens, sample: float = 1.0) -> dict:
    """Measure perplexity, and exact match of answers (see ``exam``): {name: Interval}.

    ``sample``: share of the test documents, the first ones.
    """
    from tqdm.auto import tqdm

    result, held_out, softened, familiar = {}, [], [], []
    test, validation = texts_of("test", sample), texts_of("validation", sample)
    for kind in tqdm(MIXTURE, desc="measure", unit="kind"):
        plain, soft = quality.document_losses(model, tokens, test[kind], CONTEXT, (1.0, SOFTENED))
        result[f"perplexity {kind}"] = quality.perplexity(plain)
        held_out += plain
        softened += soft
        (known,) = quality.document_losses(model, tokens, validation[kind], CONTEXT)
        result[f"familiar perplexity {kind}"] = quality.perplexity(known)
        familiar += known
    result["perplexity"] = quality.perplexity(held_out)
    result["softened perplexity"] = quality.perplexity(softened)
    result["familiar perplexity"] = quality.perplexity(familiar)
    for split, prefix in (("test", ""), ("validation", "familiar ")):
        for name, asked in tqdm(exam(split, share_of(TEST_ANSWERS, sample)).items(), desc="ask", unit="sort"):
            result[f"{prefix}exact match {name}"] = quality.exact_match(model, tokens, asked, longest=60)
    return result


def exam(split: str, count: int) -> dict[str, list[dict]]:
    """Return ``count`` prompts with their answers for each thing the model is asked to do."""
    place = world(split)

    def ask(name: str, make, wanted=lambda row: True) -> list[dict]:
        draw = Draw(f"exam {name} {split}")
        return list(islice(filter(wanted, (make(place, draw) for _ in repeat(None))), count))

    told = {"weekday", "date", "price"}
    return {
        "one order": ask("one", lambda w, d: facts.document(w, d, (facts.SINGLE,))),
        "weekday, date or price": ask("told", lambda w, d: facts.document(w, d, (facts.SINGLE,)), lambda row: row["field"] in told),
        "three orders": ask(
            "three", lambda w, d: facts.document(w, d, (facts.SEVERAL, facts.LOG, facts.NOTES)), lambda row: row["orders"] == 3
        ),
        "copy": ask("copy", lambda w, d: (passages.copy_list if d.chance(0.6) else passages.packing_list)(w, d)),
        "tool call": ask("tool", tools.document),
        **{f"field, {n} shots": ask(f"field {n}", lambda w, d, n=n: few_shot.field_block(w, d, n)) for n in SHOTS["field"]},
        **{f"label, {n} shots": ask(f"label {n}", lambda w, d, n=n: few_shot.label_block(w, d, n)) for n in SHOTS["label"]},
    }


def baselines(tokens, rows, sample: float = 1.0) -> dict:
    """Measure unigram and bigram models of the training ``rows`` on the documents of ``figures``."""
    counts, result = quality.NgramBaseline(rows, len(tokens), tokens.pad_token_id), {}
    for split, prefix in (("test", ""), ("validation", "familiar ")):
        ids = [row for texts in texts_of(split, sample).values() for row in quality.encode(tokens, texts, CONTEXT)]
        # The bigram gets its best weight on the very text it is tested on: an advantage.
        by_weight = [counts.losses(ids, weight) for weight in (0.8, 0.9, 0.95, 0.98)]
        result[f"{prefix}unigram perplexity"] = quality.perplexity(counts.losses(ids, 0.0))
        result[f"{prefix}bigram perplexity"] = quality.perplexity(min(by_weight, key=sum))
    return result


def generations(model, tokens, rows, sample: float = 1.0) -> dict:
    """Sample freely from the beginnings of held-out documents: variety, memorisation, endings."""
    import torch

    each = share_of(TEST_GENERATIONS, sample)
    texts = [document["text"] for kind in MIXTURE for document in documents(kind, "test", seed=2, count=each)]
    prompts = [" ".join(text.split(" ")[:3]) for text in texts]
    torch.manual_seed(0)
    sampled = quality.continuations(model, tokens, prompts, LONGEST, **SAMPLING)
    written = [prompt + text for prompt, (text, _) in zip(prompts, sampled)]
    fresh = [document["text"] for kind in MIXTURE for document in documents(kind, "validation", seed=2, count=each)]
    torch.manual_seed(0)
    shown = quality.continuations(model, tokens, PROMPTS, LONGEST, **SAMPLING)

    def seen(some: list[str], n: int) -> float:
        return quality.seen_in_training(quality.encode(tokens, some, CONTEXT), rows, n)

    return {
        "generations": len(written),
        "ended by itself": sum(ended for _, ended in sampled) / len(sampled),
        "distinct-2": quality.distinct(written, 2),
        "distinct-2 of held-out text": quality.distinct(texts, 2),
        "seen": {
            str(n): {"generated": seen(written, n), "new text from training phrases": seen(fresh, n), "held-out text": seen(texts, n)}
            for n in (8, 16, 32)
        },
        "samples": [{"prompt": prompt, "text": text} for prompt, (text, _) in zip(PROMPTS, shown)],
    }


def default_processes(device) -> int:
    """Return how many processes share the work: a divisor of the shards, so that none waits for another."""
    import psutil

    cores = psutil.cpu_count(logical=False) or 1
    return max(n for n in (1, 2, 3, training.SHARDS) if n <= cores) if device.type == "cpu" else 1


def grow(
    seed: int = 0,
    steps: int | None = None,
    folder: Path = FOLDER,
    cache: Path = CACHE,
    processes: int | None = None,
    sample: float = 1.0,
) -> Path:
    """Grow the language model into ``folder`` and return it.

    ``steps``: training length (default ``STEPS`` times COURSE_SCALE).
    ``processes``: how many share the work on a CPU (default: 1, 2, 3 or 6, at most
    one a core; the weights do not depend on it). ``sample``: share of the test
    documents to measure on. Raises CourseError for a number that is out of range.
    """
    import numpy
    import torch
    import transformers
    from transformers import AutoTokenizer

    device = runtime.device()
    processes = default_processes(device) if processes is None else processes
    steps = runtime.scaled(STEPS) if steps is None else steps
    if not 1 <= processes <= training.SHARDS:
        raise CourseError(f"processes is {processes}; choose 1 to {training.SHARDS}.")
    if steps < 1:
        raise CourseError(f"steps is {steps}; choose at least 1 (the recipe's default is {STEPS}).")

    schedule = schedule_of(steps)
    recipe = fingerprint(settings(schedule, seed, device))
    work = Path(cache) / recipe[:16]
    if not (work / "text").is_dir():
        prepare(work / "text", schedule, seed)

    build = partial(build_trainer, work / "text", schedule, seed, device.type)
    trainer, losses, seconds = training.train(build, work / "state", processes)

    rows = numpy.load(work / "text" / "rows.npy")
    later = rows[schedule.cycles[1][0] * schedule.rows_per_step :]
    text = numpy.where(rows < 0, ~rows, rows)  # what was read, learnt or not
    with training.one_thread(), replace_folder(folder) as fresh:
        save(fresh, trainer.model, AutoTokenizer.from_pretrained(work / "text" / "tokenizer"))
        model, tokens = load(fresh)  # the figures are those of the rounded weights
        measured = figures(model, tokens, sample) | baselines(tokens, text, sample)
        metrics = {
            "command": "course grow lm",
            "seed": seed,
            "steps": steps,
            "recipe_sha256": recipe,
            "parameters": model.num_parameters(),
            "training_tokens": int((text != tokens.pad_token_id).sum()),
            "row_filling": round(float((text != tokens.pad_token_id).mean()), 4),
            "tokens_read": steps * schedule.rows_per_step * CONTEXT,
            "cycles": schedule.cycles,
            "learnt_in_later_stages": int(((later >= 0) & (later != tokens.pad_token_id)).sum()),
            "device": device.type,
            "precision": "bfloat16 autocast" if trainer.bf16 else "float32",
            "processes": processes,
            "training_seconds": round(seconds),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__},
            "loss": [[step, round(losses[step - 1], 4)] for step in sorted({*range(1, steps, max(1, steps // 40)), steps})],
            "documents_per_kind": share_of(TEST_DOCUMENTS, sample),
            "answers": share_of(TEST_ANSWERS, sample),
            "figures": {name: [round(value, 4) for value in vars(interval).values()] for name, interval in measured.items()},
            "free_generation": generations(model, tokens, text, sample),
            "files": {path.name: sha256(path) for path in sorted(fresh.iterdir())},
        }
        (fresh / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (fresh / "README.md").write_text(card.render(metrics, MIXTURE, SOFTENED), encoding="utf-8")
    return Path(folder)


def check(folder: Path = FOLDER, sample: float = 0.15) -> dict:
    """Recompute the card's figures on a share of the test documents: {figure: (recorded, recomputed)}, both Intervals."""
    from helpers.measure import Interval

    recorded = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))["figures"]
    with training.one_thread():
        recomputed = figures(*load(folder), sample)
    return {name: (Interval(*recorded[name]), interval) for name, interval in recomputed.items()}
