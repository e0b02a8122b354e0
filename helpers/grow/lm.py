"""The recipe of the small language model: text, tokenizer, training, figures, card.

    course grow lm

writes ``data/models/lm``. A stopped run leaves its state in ``.cache/grow/lm``
and goes on from there, unless the recipe or the text has changed.
"""

import json
import platform
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from helpers import runtime
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder, sha256
from helpers.grow import card, everyday, heads, packing, quality, sentences, tokenizer, training
from helpers.shop import corpus

FOLDER = DATA / "models" / "lm"
CACHE = REPOSITORY / ".cache" / "grow" / "lm"

STEPS = 3000
ROWS_PER_STEP = 8
CONTEXT = 512
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
    "question": 20, "copy": 11, "review": 12, "chat": 7, "story": 5, "catalogue": 4, "care": 3, "article": 2,
    "tale": 9, "letter": 4, "advice": 5, "thought": 4, "talk": 3, "fable": 2, "card": 1, "steps": 1,
    "sentence": 3, "echo": 6,
}
# The first part of the training reads only these, so that copying is learnt early.
FIRST_KINDS, FIRST_SHARE = ("question", "copy", "echo"), 0.15
TOKENIZER_SHARE = 0.1  # of the training text is enough to learn 2,048 tokens
CHUNK = 1000  # documents tokenised at a time
TEST_DOCUMENTS = 200  # of each kind
TEST_ANSWERS = 400  # questions, and as many lists
TEST_GENERATIONS = 16  # of each kind
LONGEST = 200  # tokens of a free generation
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


def fingerprint(settings: dict) -> str:
    """Return the SHA-256 of the settings and of the source text that the weights depend on."""
    import hashlib

    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    helpers = REPOSITORY / "helpers"
    grown_by = ["everyday", "everyday_phrases", "heads", "packing", "sentences", "tokenizer", "training"]
    for path in [helpers / "grow" / f"{name}.py" for name in grown_by] + sorted((helpers / "shop").rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def prepare(folder: Path, tokens: int, seed: int) -> None:
    """Write ``folder``: the tokenizer, and at least ``tokens`` training tokens in packed rows."""
    import numpy
    from tqdm.auto import tqdm

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
        numpy.save(fresh / "rows.npy", numpy.concatenate(packed))
        learned.save_pretrained(fresh / "tokenizer")


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
    """Measure perplexity, and exact match of copied answers: {name: Interval}.

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
    for kind in ("question", "copy"):
        for split in ("test", "validation"):
            stream = (document for document in documents(kind, split, seed=1) if "answer" in document)
            asked = list(islice(stream, share_of(TEST_ANSWERS, sample)))
            name = f"exact match {kind}" if split == "test" else f"familiar exact match {kind}"
            result[name] = quality.exact_match(model, tokens, asked)
    return result


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
    ``processes``: how many share the work on a CPU (default: one a core, at
    most four; the weights do not depend on it). ``sample``: share of the test
    documents to measure on. Raises CourseError for a number that is out of range.
    """
    import numpy
    import psutil
    import torch
    import transformers
    from transformers import AutoTokenizer

    device = runtime.device()
    if processes is None:
        processes = min(training.SHARDS, psutil.cpu_count(logical=False) or 1) if device.type == "cpu" else 1
    steps = runtime.scaled(STEPS) if steps is None else steps
    if not 1 <= processes <= training.SHARDS:
        raise CourseError(f"processes is {processes}; choose 1 to {training.SHARDS}.")
    if steps < 1:
        raise CourseError(f"steps is {steps}; choose at least 1 (the recipe's default is {STEPS}).")

    schedule = training.Schedule(steps=steps, rows_per_step=ROWS_PER_STEP)
    tokens_to_read = steps * schedule.rows_per_step * CONTEXT
    recipe = fingerprint(
        {"seed": seed, "device": device.type, "mixture": MIXTURE, "first": FIRST_SHARE, "vocabulary": VOCABULARY, **ARCHITECTURE, **vars(schedule)}
    )
    work = Path(cache) / recipe[:16]
    if not (work / "text").is_dir():
        prepare(work / "text", tokens_to_read, seed)

    build = partial(build_trainer, work / "text", schedule, seed, device.type)
    trainer, losses, seconds = training.train(build, work / "state", processes)

    rows = numpy.load(work / "text" / "rows.npy", mmap_mode="r")
    with training.one_thread(), replace_folder(folder) as fresh:
        save(fresh, trainer.model, AutoTokenizer.from_pretrained(work / "text" / "tokenizer"))
        model, tokens = load(fresh)  # the figures are those of the rounded weights
        measured = figures(model, tokens, sample) | baselines(tokens, rows, sample)
        metrics = {
            "command": "course grow lm",
            "seed": seed,
            "steps": steps,
            "recipe_sha256": recipe,
            "parameters": model.num_parameters(),
            "training_tokens": int((rows != tokens.pad_token_id).sum()),
            "row_filling": round(float((rows != tokens.pad_token_id).mean()), 4),
            "tokens_read": tokens_to_read,
            "device": device.type,
            "precision": "bfloat16 autocast" if trainer.bf16 else "float32",
            "processes": processes,
            "training_seconds": round(seconds),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__},
            "loss": [[step, round(losses[step - 1], 4)] for step in sorted({*range(1, steps, max(1, steps // 40)), steps})],
            "documents_per_kind": share_of(TEST_DOCUMENTS, sample),
            "answers": share_of(TEST_ANSWERS, sample),
            "figures": {name: [round(value, 4) for value in vars(interval).values()] for name, interval in measured.items()},
            "free_generation": generations(model, tokens, rows, sample),
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
