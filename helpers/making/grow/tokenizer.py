"""A byte-level BPE tokenizer: any Unicode text goes in and comes out unchanged."""

import re
from collections.abc import Iterable

from helpers.making.shop import entities

BOS, EOS, PAD = "<s>", "</s>", "<pad>"
TURN, END_OF_TURN = "<|im_start|>", "<|im_end|>"  # as in ChatML
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# Words keep the space before them, every digit stands alone (so that prices and
# dates can be copied digit by digit), punctuation and line breaks are separate.
PATTERN = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


_MADE_NAMES = frozenset(entities.MADE_NAMES)


def in_syllables(text: str) -> str:
    """Return ``text`` with made-up names cut in two by a digit, for training the tokenizer.

    No pair is merged across a digit. So "Babin" becomes the tokens "Ba" and
    "bin", and names that were never seen are made of tokens that were.
    """
    return re.sub(r"[A-Z][a-z]{3,4}\b", lambda match: f"{match[0][:2]}0{match[0][2:]}" if match[0] in _MADE_NAMES else match[0], text)


def train_tokenizer(texts: Iterable[str], vocabulary_size: int, context: int):
    """Learn ``vocabulary_size`` byte-level BPE tokens from ``texts``.

    Returns a ``PreTrainedTokenizerFast`` that puts ``<s>`` first and pads on
    the left, as generation in batches needs. Byte-level BPE: Radford et al.
    2019, "Language Models are Unsupervised Multitask Learners", section 2.2.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[BOS, EOS, PAD, TURN, END_OF_TURN],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        padding_side="left",
        model_max_length=context,
        extra_special_tokens=[TURN, END_OF_TURN],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )
