"""The recipe of the small language model: text, tokenizer, training, figures, card.

    course grow lm

writes ``data/models/lm``. A stopped run leaves its state in ``.cache/grow/lm``
and goes on from there, unless the recipe or the text has changed.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice, repeat
from pathlib import Path

from helpers import runtime
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder
from helpers.making.grow import (
    card,
    everyday,
    focus,
    heads,
    packing,
    quality,
    report,
    sentences,
    tokenizer,
    training,
)
from helpers.making.shop import corpus, facts, few_shot, passages, tools
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world

FOLDER = DATA / "models" / "lm"
CACHE = REPOSITORY / ".cache" / "grow" / "lm"

STEPS = 6000
TOKENS_PER_STEP = 6144  # padding included
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
# Shares of the training tokens by kind. These documents are learnt as a whole: the shop's, then everyday text.
WHOLE = {
    "review": 4, "chat": 3, "story": 2, "catalogue": 2, "care": 1, "article": 2, "tale": 2, "letter": 2, "advice": 2, "thought": 1, "talk": 1,
    "fable": 1, "sentence": 2, "echo": 2, "passage": 2, "several": 1, "question": 1, "copy": 1, "labels": 1, "fields": 1, "tool": 1,
}
# Of these only the answers are learnt (see ``focus``).
ASKED = {"table": 8, "dense": 18, "passage": 18, "several": 4, "fields": 8, "labels": 7, "tool": 9, "copy": 3}
# The first part of the training reads only these, so that looking up and copying are learnt early.
FIRST, FIRST_SHARE = {"table": 8, "dense": 3, "copy": 2}, 0.1
TOKENIZER_SHARE = 0.1  # of the training text is enough to learn 2,048 tokens
CHUNK = 300  # documents tokenised at a time
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
    mixture = {"whole": WHOLE, "asked": ASKED, "first": FIRST, "first_share": FIRST_SHARE, "tokens_per_step": TOKENS_PER_STEP}
    return {"seed": seed, "device": device.type, **mixture, "vocabulary": VOCABULARY, **ARCHITECTURE, **vars(schedule)}


def fingerprint(settings: dict) -> str:
    """Return the SHA-256 of the settings and of the source text that the weights depend on."""
    grown_by = ["everyday", "focus", "heads", "packing", "sentences", "tokenizer", "training"]
    told_by = ["articles", "chats", "corpus", "draw", "entities", "facts", "few_shot", "passages", "reviews", "stories", "tools", "world"]
    phrases = ["articles", "chats_train", "facts_train", "phrases_train", *focus.WORD_FILES]
    paths = [report.GROW / f"{name}.py" for name in grown_by] + [report.SHOP / f"{name}.py" for name in told_by]
    return report.fingerprint(settings, [*paths, report.PHRASES / "everyday_train.toml", *(report.SHOP_PHRASES / f"{name}.toml" for name in phrases)])


def prepare(folder: Path, steps: int, seed: int, processes: int = 1) -> None:
    """Write ``folder``: the tokenizer, and the training text of ``steps`` batches."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tqdm.auto import tqdm

    share = steps * TOKENS_PER_STEP / (sum(WHOLE.values()) + sum(ASKED.values()))

    def texts_for_tokenizer() -> Iterator[str]:
        for kind, weight in WHOLE.items():
            characters = 0
            for document in documents(kind, "train", seed):
                yield tokenizer.in_syllables(document["text"])
                characters += len(document["text"])
                if characters > TOKENIZER_SHARE * 4 * share * weight + 20_000:  # about four characters a token
                    break

    with replace_folder(folder) as fresh, ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        learned = tokenizer.train_tokenizer(texts_for_tokenizer(), VOCABULARY, CONTEXT)
        learned.save_pretrained(fresh / "tokenizer")
        first_steps = round(FIRST_SHARE * steps)
        kinds = [*kinds_of({}, FIRST, first_steps, seed + 1), *kinds_of(WHOLE, ASKED, steps - first_steps, seed)]
        kinds = [kind for kind in kinds if kind[2]]
        written = pool.map(texts_of_kind, repeat(fresh / "tokenizer"), *zip(*kinds))
        texts = list(tqdm(written, total=len(kinds), desc="write text", unit="kind"))
        number = sum(kind[3] == seed + 1 for kind in kinds)
        first, later = (list(chain.from_iterable(part)) for part in (texts[:number], texts[number:]))
        # Padding makes a few more batches of the text than asked for.
        cut = packing.batches([len(ids) for ids in first], TOKENS_PER_STEP, seed)[:first_steps]
        after = packing.batches([len(ids) for ids in later], TOKENS_PER_STEP, seed)[: steps - first_steps]
        packing.write(fresh, first + later, cut + [[len(first) + document for document in batch] for batch in after])


def kinds_of(whole: dict[str, float], asked: dict[str, float], steps: int, seed: int) -> list[tuple[str, bool, int, int]]:
    """Return (kind, whether it is learnt as a whole, tokens, seed) for each kind of text in ``steps``."""
    share = steps * TOKENS_PER_STEP / (sum(whole.values()) + sum(asked.values()))
    return [(kind, learnt, round(weight * share), seed) for kinds, learnt in ((whole, True), (asked, False)) for kind, weight in kinds.items()]


def texts_of_kind(folder: Path, kind: str, whole: bool, size: int, seed: int) -> list:
    """Return documents of one kind as int16 arrays, together at least ``size`` tokens; what is only read stands as complements.

    ``folder``: the tokenizer's.
    """
    import numpy
    from transformers import AutoTokenizer

    tokens, found = AutoTokenizer.from_pretrained(folder), []
    if whole:
        source = (document["text"] for document in documents(kind, "train", seed))
    else:
        source = focus.documents(kind, "train", seed, focus.INVENTED_SHARE)
    while size > 0:
        chunk = list(islice(source, CHUNK))
        for ids in quality.encode(tokens, chunk, CONTEXT + 1) if whole else focus.encode(tokens, chunk):
            if len(ids) <= CONTEXT and size > 0:
                found.append(numpy.array(ids, dtype=numpy.int16))
                size -= len(ids)
    return found


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
    heads.initialise(model, seed, heads.spellings(tokens))
    return model


def build_trainer(folder: Path, schedule: training.Schedule, seed: int, device: str, shards: list[int]):
    """Return a Trainer on the text that ``prepare`` wrote into ``folder``."""
    import torch
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder / "tokenizer")
    batches = packing.Batches(folder, tokens.pad_token_id)
    return training.Trainer(new_model(tokens, seed), batches, tokens.pad_token_id, schedule, torch.device(device), shards)


def save_configs(folder: Path, model) -> None:
    """Write the configs of the model and of its generation.

    They say float32, so that ``from_pretrained`` computes in float32
    unless told otherwise: float16 is slow on most CPUs.
    """
    import torch

    model.config.architectures = ["LlamaForCausalLM"]
    model.config.dtype = torch.float32
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)


def save(folder: Path, model, tokens) -> None:
    """Write weights as float16 safetensors, with configs and tokenizer."""
    import torch
    from safetensors.torch import save_file

    state = {name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    state.pop("lm_head.weight")  # tied to the embeddings
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    save_configs(folder, model)
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
    return {kind: [document["text"] for document in documents(kind, split, count=count)] for kind in WHOLE}


def figures(model, tokens, sample: float = 1.0) -> dict:
    """Measure perplexity, and exact match of answers (see ``exam``): {name: Interval}.

    ``sample``: share of the test documents, the first ones.
    """
    from tqdm.auto import tqdm

    result, held_out, softened, familiar = {}, [], [], []
    test, validation = texts_of("test", sample), texts_of("validation", sample)
    for kind in tqdm(WHOLE, desc="measure", unit="kind"):
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


def baselines(tokens, text, sample: float = 1.0) -> dict:
    """Measure unigram and bigram models of the training ``text`` (token ids) on the documents of ``figures``."""
    counts, result = quality.NgramBaseline(text, len(tokens)), {}
    for split, prefix in (("test", ""), ("validation", "familiar ")):
        ids = [row for texts in texts_of(split, sample).values() for row in quality.encode(tokens, texts, CONTEXT)]
        # The bigram gets its best weight on the very text it is tested on: an advantage.
        by_weight = [counts.losses(ids, weight) for weight in (0.8, 0.9, 0.95, 0.98)]
        result[f"{prefix}unigram perplexity"] = quality.perplexity(counts.losses(ids, 0.0))
        result[f"{prefix}bigram perplexity"] = quality.perplexity(min(by_weight, key=sum))
    return result


def generations(model, tokens, text, sample: float = 1.0) -> dict:
    """Sample freely from the beginnings of held-out documents: variety, memorisation, endings."""
    import torch

    each = share_of(TEST_GENERATIONS, sample)
    texts = [document["text"] for kind in WHOLE for document in documents(kind, "test", seed=2, count=each)]
    prompts = [" ".join(text.split(" ")[:3]) for text in texts]
    torch.manual_seed(0)
    sampled = quality.continuations(model, tokens, prompts, LONGEST, **SAMPLING)
    written = [prompt + text for prompt, (text, _) in zip(prompts, sampled)]
    fresh = [document["text"] for kind in WHOLE for document in documents(kind, "validation", seed=2, count=each)]
    torch.manual_seed(0)
    shown = quality.continuations(model, tokens, PROMPTS, LONGEST, **SAMPLING)

    def seen(some: list[str], n: int) -> float:
        return quality.seen_in_training(quality.encode(tokens, some, CONTEXT), text, n)

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
    return max(n for n in range(1, cores + 1) if training.SHARDS % n == 0) if device.type == "cpu" else 1


def resources(steps: int | None, processes: int | None, default: int):
    """Return (device, steps, processes) for a training; None takes ``default`` steps times COURSE_SCALE, and ``default_processes``.

    Raises CourseError for a number that is out of range.
    """
    device = runtime.device()
    processes = default_processes(device) if processes is None else processes
    steps = runtime.scaled(default) if steps is None else steps
    if not 1 <= processes <= training.SHARDS:
        raise CourseError(f"processes is {processes}; choose 1 to {training.SHARDS}.")
    if steps < 1:
        raise CourseError(f"steps is {steps}; choose at least 1 (the recipe's default is {default}).")
    return device, steps, processes


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
    ``processes``: how many share the work on a CPU (default: 1, 2, 3, 4, 6 or 12, at
    most one a core; the weights do not depend on it). ``sample``: share of the test
    documents to measure on. Raises CourseError for a number that is out of range.
    """
    import numpy
    from transformers import AutoTokenizer

    device, steps, processes = resources(steps, processes, STEPS)
    schedule = training.Schedule(steps)
    recipe = fingerprint(settings(schedule, seed, device))
    work = Path(cache) / recipe[:16]
    if not (work / "text").is_dir():
        prepare(work / "text", steps, seed, processes)

    build = partial(build_trainer, work / "text", schedule, seed, device.type)
    trainer, losses, seconds = training.train(build, work / "state", processes)

    stored = packing.Batches(work / "text", padding=0).tokens
    text = numpy.where(stored < 0, ~stored, stored)  # what was read, learnt or not
    with training.one_thread(), replace_folder(folder) as fresh:
        save(fresh, trainer.model, AutoTokenizer.from_pretrained(work / "text" / "tokenizer"))
        model, tokens = load(fresh)  # the figures are those of the rounded weights
        measured = figures(model, tokens, sample) | baselines(tokens, text, sample)
        metrics = {
            "command": "course grow lm",
            "seed": seed,
            "steps": steps,
            "learning_rates": [schedule.learning_rate, schedule.adam_rate],
            "parameters": model.num_parameters(),
            "training_tokens": len(text),
            "learnt_tokens": int((stored >= 0).sum()),
            **report.run(device, trainer.bf16, seconds, losses, processes=processes),
            "documents_per_kind": share_of(TEST_DOCUMENTS, sample),
            "answers": share_of(TEST_ANSWERS, sample),
            "figures": report.rounded(measured),
            "free_generation": generations(model, tokens, text, sample),
        }
        report.write(fresh, metrics, lambda known: card.render(known, WHOLE, SOFTENED))
    return Path(folder)


def check(folder: Path = FOLDER, sample: float = 0.15) -> dict:
    """Recompute the card's figures on a share of the test documents: {figure: (recorded, recomputed)}, both Intervals."""
    with training.one_thread():
        return report.compare(folder, figures(*load(folder), sample))
