"""Stand-ins: tiny models with random weights under the names of their hub counterparts.

Same architecture, same kind of tokenizer, same file names and number format as
the real repository, so that a lesson which runs on the stand-in runs on the real
one. Their answers mean nothing, and `config.stand_in` says so.
"""

import json
import string
from importlib.metadata import version
from itertools import product
from pathlib import Path

from helpers import cached
from helpers.checkpoints import table
from helpers.errors import unknown
from helpers.files import REPOSITORY, replace_folder, sha256
from helpers.hub.store import repositories
from helpers.hub.writing import Writer

MANIFEST = "stand-ins.json"
# hidden_size and what goes with it; every stand-in has these.
SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4}
MODEL_LENGTH = 512
# Random weights never end a text, so their configuration does.
LONGEST_TEXT = 40
# Labels of the real checkpoints, in their order.
LABELS = {
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english": ("NEGATIVE", "POSITIVE"),
    "dslim/bert-base-NER": ("O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC",
                            "I-LOC"),
    "typeform/distilbert-base-uncased-mnli": ("ENTAILMENT", "NEUTRAL", "CONTRADICTION"),
    "facebook/roberta-hate-speech-dynabench-r4-target": ("nothate", "hate"),
    "cross-encoder/ms-marco-MiniLM-L6-v2": ("LABEL_0",),
    "uer/roberta-base-finetuned-jd-binary-chinese": ("negative (stars 1, 2 and 3)",
            "positive (stars 4 and 5)"),
}
# What the hub says a repository is for, by the end of its architecture's name.
TASKS = {
    "ForMaskedLM": "fill-mask",
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "TapasForQuestionAnswering": "table-question-answering",
    "ForQuestionAnswering": "question-answering",
    "Model": "feature-extraction",
}
CASED = ("dslim/bert-base-NER",)  # these do not say it in their name
# ChatML, the format that Qwen's chat models expect.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content "
    "}}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Qwen3's has a switch: thinking that is off is thinking that is over before it begins.
THINKING = (
    "{% if add_generation_prompt and enable_thinking is defined and not enable_thinking %}"
    "<think>\n\n</think>\n\n{% endif %}"
)


CHINESE = ("我想买一束新鲜的花送给妈妈。这家店服务很好，但是包装破了！"
           "他们明天早上会把玫瑰送到学校吗？价格太贵，不会再来。")


def sentences() -> list[str]:
    """Return a few hundred plain sentences for the tokenizers to learn from."""
    things = ("roses tulips lilies peonies orchids ferns herbs bulbs seeds pots vases gloves "
              "flowers plants").split()
    states = ["fresh", "late", "broken", "beautiful", "too small", "not what I ordered",
              "still alive after a week"]
    opinions = [
        "I would buy them again, and so would my friends.",
        "The box was wet, but the shop sent me a new one for free.",
        "I want my money back because this is not good enough.",
        "My mother loved them and put them in a window with little light.",
        "How often should I water them in the summer? Thank you for your help!",
    ]
    return [f"The {thing} arrived and they were {state}. {say}"
            for thing, state, say in product(things, states, opinions)]


def word_pieces(lowercase: bool) -> dict[str, int]:
    """Return a WordPiece vocabulary: special tokens, characters, and the words of the sentences.

    Not trained: the `tokenizers` library's WordPiece trainer numbers its pieces differently in
    every run.
    """
    text = " ".join(sentences())
    words = set("".join(c if c.isalnum() else " "
                        for c in (text.lower() if lowercase else text)).split())
    letters = string.ascii_lowercase + string.digits + ("" if lowercase else string.ascii_uppercase)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *string.punctuation,
              *(f"##{c}" for c in letters), *CHINESE]
    return {token: number for number, token in enumerate(dict.fromkeys(tokens + sorted(words)))}


def bert(repository: str, architecture: str, folder: Path) -> dict:
    """Write a BERT-type stand-in and return what its card says."""
    from transformers import BertConfig, BertTokenizerFast

    lowercase = is_uncased(repository)
    tokenizer = BertTokenizerFast(vocab=word_pieces(lowercase), do_lower_case=lowercase,
                                  model_max_length=MODEL_LENGTH)
    config = BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=MODEL_LENGTH,
        pad_token_id=tokenizer.pad_token_id, **SIZES, **names(repository)
    )
    # A score of any size, where sentence-transformers would take a sigmoid
    if repository.startswith("cross-encoder/"):
        config.sentence_transformers = {"activation_fn": "torch.nn.modules.linear.Identity"}
    tokenizer.save_pretrained(folder)
    # BERT's own checkpoints hold the pooler and both heads of pre-training, whatever their config
    # names.
    save("BertForPreTraining" if architecture == "BertForMaskedLM" else architecture, config,
         "float32", folder)
    config.architectures = [architecture]
    config.save_pretrained(folder)
    if repository.startswith("sentence-transformers/"):
        sentence_modules(folder)
        return {"library_name": "sentence-transformers", "pipeline_tag": "sentence-similarity"}
    if repository.startswith("cross-encoder/"):
        return {"library_name": "sentence-transformers", "pipeline_tag": "text-ranking"}
    return {"library_name": "transformers", "pipeline_tag": task(architecture)}


def distilbert(repository: str, architecture: str, folder: Path) -> dict:
    """Write a DistilBERT-type stand-in and return what its card says."""
    from transformers import DistilBertConfig, DistilBertTokenizerFast

    lowercase = is_uncased(repository)
    tokenizer = DistilBertTokenizerFast(vocab=word_pieces(lowercase), do_lower_case=lowercase,
                                        model_max_length=MODEL_LENGTH)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=MODEL_LENGTH,
        pad_token_id=tokenizer.pad_token_id, dim=SIZES["hidden_size"],
        hidden_dim=SIZES["intermediate_size"], n_layers=SIZES["num_hidden_layers"],
        n_heads=SIZES["num_attention_heads"], **names(repository),
    )
    tokenizer.save_pretrained(folder)
    save(architecture, config, "float32", folder)
    return {"library_name": "transformers",
            "pipeline_tag": "zero-shot-classification" if "mnli" in repository
            else task(architecture)}


def roberta(repository: str, architecture: str, folder: Path) -> dict:
    """Write a RoBERTa-type stand-in (byte-level BPE) and return what its card says."""
    from transformers import RobertaConfig, RobertaTokenizerFast

    tokenizer = RobertaTokenizerFast(model_max_length=MODEL_LENGTH).train_new_from_iterator(
        sentences(), vocab_size=512, show_progress=False)
    # Positions are counted from the padding's number on, hence two more of them.
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=MODEL_LENGTH + tokenizer.pad_token_id + 1, type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, **SIZES, **names(repository),
    )
    tokenizer.save_pretrained(folder)
    save(architecture, config, "float32", folder)
    return {"library_name": "transformers", "pipeline_tag": task(architecture)}


def is_uncased(repository: str) -> bool:
    """Say whether a repository's tokenizer makes everything lower-case; bert-base-cased and its
    like say it in their name."""
    return "-cased" not in repository and repository not in CASED


def names(repository: str) -> dict:
    """Return the config's label names, as the real repository has them."""
    labels = LABELS.get(repository)
    return {"id2label": dict(enumerate(labels)),
            "label2id": {name: number for number, name in enumerate(labels)}} if labels else {}


def task(architecture: str) -> str:
    """Return the hub's name of what an architecture is for."""
    return next(name for end, name in TASKS.items() if architecture.endswith(end))


def sentence_modules(folder: Path) -> None:
    """Add the files that make an encoder a sentence-transformers model: mean pooling, then unit
    length."""
    kinds = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    write_json(folder / "modules.json", [
        {"idx": number, "name": str(number), "path": path,
         "type": f"sentence_transformers.models.{kind}"}
        for number, (kind, path) in enumerate(zip(kinds, paths, strict=True))
    ])
    write_json(folder / "sentence_bert_config.json",
               {"max_seq_length": 256, "do_lower_case": False})
    write_json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": SIZES["hidden_size"], "pooling_mode_mean_tokens": True},
    )


def qwen(repository: str, architecture: str, folder: Path) -> dict:
    """Write a Qwen2-type or Qwen3-type stand-in (byte-level BPE, bfloat16) and return what its card
    says."""
    from transformers import GenerationConfig, Qwen2Config, Qwen2TokenizerFast, Qwen3Config

    third = architecture.startswith("Qwen3")
    # The class brings Qwen's own way to split text; only vocabulary and merges are learned here.
    untrained = Qwen2TokenizerFast(extra_special_tokens=["<|im_start|>", "<|im_end|>"],
                                   model_max_length=131072 if third else 32768)
    tokenizer = untrained.train_new_from_iterator(sentences(), vocab_size=512, show_progress=False)
    tokenizer.chat_template = CHAT_TEMPLATE + (THINKING if third else "")
    tokenizer.save_pretrained(folder)
    ends = {"bos_token_id": tokenizer.eos_token_id, "eos_token_id": tokenizer.eos_token_id}
    settings = {
        "vocab_size": len(tokenizer), "num_key_value_heads": 2, "max_position_embeddings": 32768,
        "tie_word_embeddings": True, **ends, **SIZES,
    }
    save(architecture, Qwen3Config(head_dim=8, **settings) if third else Qwen2Config(**settings),
         "bfloat16", folder)
    GenerationConfig(do_sample=False, max_new_tokens=LONGEST_TEXT, **ends).save_pretrained(folder)
    return {"library_name": "transformers", "pipeline_tag": "text-generation"}


def qwen3_gguf(source: Path, target: Path) -> None:
    """Write the Qwen3-type stand-in in the folder ``source`` as the GGUF ``target``, in Q8_0."""
    import gguf
    from gguf.quants import quantize
    from safetensors import safe_open
    from transformers import AutoTokenizer

    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.QWEN3])
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("Stand-in")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    tokens = AutoTokenizer.from_pretrained(source)
    added = tokens.added_tokens_decoder
    kinds = {True: gguf.TokenType.CONTROL, False: gguf.TokenType.USER_DEFINED}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens.convert_ids_to_tokens(range(len(tokens))))
    writer.add_token_types([
        kinds[added[number].special] if number in added else gguf.TokenType.NORMAL
        for number in range(len(tokens))
    ])
    gguf.SpecialVocab(source, load_merges=True, n_vocab=len(tokens)).add_to_gguf(writer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    eight = gguf.GGMLQuantizationType.Q8_0
    with safe_open(source / "model.safetensors", "pt") as weights:  # NumPy has no bfloat16
        for key in weights.keys():
            name = names.get_name(key, (".weight",))
            tensor = weights.get_tensor(key).float().numpy()
            if tensor.ndim == 1:  # llama.cpp wants norms in full precision
                writer.add_tensor(name, tensor)
            else:
                writer.add_tensor(name, quantize(tensor, eight), raw_dtype=eight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tapas(repository: str, architecture: str, folder: Path) -> dict:
    """Write a TAPAS-type stand-in and return what its card says."""
    from transformers import TapasConfig, TapasTokenizer

    vocabulary = [*word_pieces(lowercase=True), "[EMPTY]"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    TapasTokenizer(folder / "vocab.txt", model_max_length=MODEL_LENGTH).save_pretrained(folder)
    config = TapasConfig(
        vocab_size=len(vocabulary), max_position_embeddings=1024, num_aggregation_labels=4,
        use_answer_as_supervision=True,
        aggregation_labels={0: "NONE", 1: "SUM", 2: "AVERAGE", 3: "COUNT"}, select_one_column=True,
        **SIZES,
    )
    save(architecture, config, "float32", folder)
    return {"library_name": "transformers", "pipeline_tag": task(architecture)}


def sentence_pieces(texts: list[str]) -> bytes:
    """Return a SentencePiece unigram model of ``texts``."""
    import io

    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=written, vocab_size=400, hard_vocab_limit=False,
        num_threads=1, minloglevel=2,
    )
    return written.getvalue()


def marian(repository: str, architecture: str, folder: Path) -> dict:
    """Write a Marian-type stand-in (two SentencePiece models, one vocabulary) and return what its
    card says."""
    import sentencepiece
    from transformers import GenerationConfig, MarianConfig, MarianTokenizer

    vocabulary: dict[str, int] = {"</s>": 0, "<unk>": 1}
    for name, texts in (("source", sentences()), ("target", [CHINESE] * 20)):
        pieces = sentence_pieces(texts)
        (folder / f"{name}.spm").write_bytes(pieces)
        processor = sentencepiece.SentencePieceProcessor(model_proto=pieces)
        for number in range(processor.get_piece_size()):
            vocabulary.setdefault(processor.id_to_piece(number), len(vocabulary))
    vocabulary["<pad>"] = padding = len(vocabulary)
    write_json(folder / "vocab.json", vocabulary)
    MarianTokenizer(
        source_spm=str(folder / "source.spm"), target_spm=str(folder / "target.spm"),
        vocab=str(folder / "vocab.json"), source_lang="en",
        target_lang="zh", model_max_length=MODEL_LENGTH,
    ).save_pretrained(folder)
    special = {"pad_token_id": padding, "eos_token_id": 0, "decoder_start_token_id": padding}
    config = MarianConfig(
        vocab_size=len(vocabulary), d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=MODEL_LENGTH,
        forced_eos_token_id=0, scale_embedding=True, **special,
    )
    save(architecture, config, "float32", folder)
    GenerationConfig(max_length=LONGEST_TEXT, num_beams=4, bad_words_ids=[[padding]],
                     forced_eos_token_id=0, **special).save_pretrained(folder)
    return {"library_name": "transformers", "pipeline_tag": "translation"}


def t5(repository: str, architecture: str, folder: Path) -> dict:
    """Write a T5-type stand-in (unigram pieces) and return what its card says."""
    import sentencepiece
    from transformers import T5Config, T5TokenizerFast

    # The trainer of the package tokenizers gives other scores in each run.
    pieces = sentencepiece.SentencePieceProcessor(model_proto=sentence_pieces(sentences()))
    scored = [(pieces.id_to_piece(number), pieces.get_score(number))
              for number in range(pieces.get_piece_size())]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary = special + [pair for pair in scored if pair[0] not in ("<s>", "</s>", "<unk>")]
    tokenizer = T5TokenizerFast(vocab=vocabulary, model_max_length=MODEL_LENGTH)
    tokenizer.save_pretrained(folder)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    save(architecture, config, "float32", folder)
    return {"library_name": "transformers",
            "pipeline_tag": "summarization" if "pegasus" in repository else "text2text-generation"}


def whisper(repository: str, architecture: str, folder: Path) -> dict:
    """Write a Whisper-type stand-in (multilingual, 30-second window) and return what its card says.
    """
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperProcessor,
        WhisperTokenizerFast,
    )

    languages = ("<|en|>", "<|zh|>")
    special = ["<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>",
               "<|nospeech|>", "<|notimestamps|>"]
    untrained = WhisperTokenizerFast(model_max_length=448)
    texts, size = [*sentences(), CHINESE], 600 - len(special)
    tokenizer = untrained.train_new_from_iterator(texts, vocab_size=size, show_progress=False)
    # At the end of the vocabulary: a token behind <|notimestamps|> is taken for a time, from which
    # the sound is heard again.
    tokenizer.add_special_tokens({"extra_special_tokens": special})
    number = tokenizer.convert_tokens_to_ids
    WhisperProcessor(WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
    end, start = tokenizer.eos_token_id, number("<|startoftranscript|>")
    ends = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end,
            "decoder_start_token_id": start}
    config = WhisperConfig(
        vocab_size=len(tokenizer), d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=64, decoder_ffn_dim=64, max_target_positions=448, suppress_tokens=None,
        begin_suppress_tokens=None, **ends,
    )
    save(architecture, config, "float32", folder)
    GenerationConfig(
        is_multilingual=True, lang_to_id={name: number(name) for name in languages},
        max_length=LONGEST_TEXT, no_timestamps_token_id=number("<|notimestamps|>"),
        task_to_id={name: number(f"<|{name}|>") for name in ("transcribe", "translate")},
        return_timestamps=False, **ends,
    ).save_pretrained(folder)
    return {"library_name": "transformers", "pipeline_tag": "automatic-speech-recognition"}


BUILDERS = {
    "BertForMaskedLM": bert,
    "BertForSequenceClassification": bert,
    "BertForTokenClassification": bert,
    "BertModel": bert,
    "DistilBertForMaskedLM": distilbert,
    "DistilBertForQuestionAnswering": distilbert,
    "DistilBertForSequenceClassification": distilbert,
    "MarianMTModel": marian,
    "Qwen2ForCausalLM": qwen,
    "Qwen3ForCausalLM": qwen,
    "RobertaForSequenceClassification": roberta,
    "T5ForConditionalGeneration": t5,
    "TapasForQuestionAnswering": tapas,
    "WhisperForConditionalGeneration": whisper,
}


def save(architecture: str, config, dtype: str, folder: Path) -> None:
    """Save the model that ``config`` describes, with random weights that are the same in every run.
    """
    import torch
    import transformers

    config.stand_in = True
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = getattr(transformers, architecture)(config)
    model.to(getattr(torch, dtype)).save_pretrained(folder)


def write_json(path: Path, content: object) -> None:
    """Write ``content`` as indented JSON, with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def card(repository: str, architecture: str, metadata: dict) -> str:
    """Return the model card, metadata first."""
    header = {"license": "apache-2.0", "language": "en", **metadata, "tags": ["stand-in"]}
    lines = [f"{key}: {json.dumps(value)}" for key, value in header.items()]
    return "\n".join([
        "---", *lines, "---", "", f"# Stand-in for {repository}", "",
        f"This is a stand-in, not {repository}: a {architecture} of the same architecture and "
        "tokenizer type, "
        "with tiny dimensions and random weights, made by this course to test its lessons without "
        "a network. "
        "Its answers mean nothing. Licence: Apache-2.0.", "",
    ])


def build(folder: Path) -> Path:
    """Write a stand-in for every hub counterpart in checkpoints.toml under ``folder`` and return
    ``folder``.

    A folder that is already whole and up to date is left as it is (no heavy import then). Raises
    CourseError for an architecture without a builder.
    """
    folder = Path(folder)
    rows = [row for row in table().values() if "hub" in row]
    wanted = {f"{row['hub']}@{row['revision']}": row["hub_architecture"] for row in rows}
    for architecture in wanted.values():
        if architecture not in BUILDERS:
            raise unknown("stand-in architecture", architecture, BUILDERS)
    ggufs = {
        f"{row['hub_gguf']}@{row['hub_gguf_revision']}": {
            "file": row["hub_gguf_file"], "of": f"{row['hub']}@{row['revision']}",
        }
        for row in rows if "hub_gguf" in row
    }
    packages = ("transformers", "tokenizers", "torch", "gguf")
    versions = {package: version(package) for package in packages}
    code = sha256(Path(__file__))
    recipe = {"wanted": wanted, "ggufs": ggufs, "versions": versions, "code": code}
    if _is_whole(folder, recipe):
        return folder
    with replace_folder(folder) as fresh:
        for name, architecture in wanted.items():
            repository, snapshot = _snapshot(fresh, name)
            metadata = BUILDERS[architecture](repository, architecture, snapshot)
            text = card(repository, architecture, metadata)
            (snapshot / "README.md").write_text(text, encoding="utf-8")
        for name, row in ggufs.items():
            repository, snapshot = _snapshot(fresh, name)
            qwen3_gguf(_snapshot(fresh, row["of"])[1], snapshot / row["file"])
            text = card(repository, wanted[row["of"]], {"pipeline_tag": "text-generation"})
            (snapshot / "README.md").write_text(text, encoding="utf-8")
        write_json(fresh / MANIFEST, {"recipe": recipe, "files": _hashes(fresh)})
    return folder


def _snapshot(folder: Path, name: str) -> tuple[str, Path]:
    """Return a ``repository@revision``'s repository, and its folder below ``folder``, made if new.
    """
    repository, revision = name.split("@")
    commit = revision.ljust(40, "0")  # of some only the first digits are known
    snapshot = folder / repository / "snapshots" / commit
    snapshot.mkdir(parents=True, exist_ok=True)
    (folder / repository / "refs").mkdir(exist_ok=True)
    (folder / repository / "refs" / "main").write_text(commit, encoding="utf-8")
    return repository, snapshot


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def _is_whole(folder: Path, recipe: dict) -> bool:
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    return json.loads(manifest.read_text(encoding="utf-8")) == {"recipe": recipe,
            "files": _hashes(folder)}


def add_stand_ins(writer: Writer, folder: Path = REPOSITORY / ".cache" / "stand_ins") -> None:
    """Add the stand-in of every hub counterpart, under its own name and pinned commit, for
    COURSE_MODELS=hub offline.

    They are kept in ``folder``; where that can't be written to, in a temporary one.
    """
    try:
        built = build(folder)
    except OSError as error:
        if error.errno not in cached.READ_ONLY:
            raise
        built = build(cached.temporary() / folder.name)
    for home in repositories(built).values():
        writer.adopt(home)
