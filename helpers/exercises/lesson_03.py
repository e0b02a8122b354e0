"""Checks of lesson 03: a prompt that fits the window, min-p sampling, two bills compared."""

from helpers.exercises import exercise, require


@exercise("03.1")
def fit(answer) -> str:
    """``fit(ids, window, new_tokens)``: the first id, and as many of the last as leave room for the
    answer."""
    ids = list(range(100, 120))
    result = answer(list(ids), 16, 6)
    require(result is not None, "fit returns None: it still needs its lines.")
    require(isinstance(result, list), f"fit returns a {type(result).__name__}; return a list of "
                                      "ids, as you were given.")
    require(len(result) != 16, "16 tokens fill the whole window of 16: leave room for the 6 new "
                               "ones.")
    require(len(result) <= 10, f"{len(result)} tokens and 6 new ones do not fit into a window of "
                               "16.")
    require(result != ids[:10],
            "You keep the beginning and cut the end, where the question stands.")
    require(result != ids[-10:], "The first token, which marks the beginning of the text, is gone.")
    require(result[:1] == ids[:1], f"The first token should be {ids[0]}; yours is "
                                   f"{result[0] if result else 'missing'}.")
    require(len(result) == 10, f"You keep {len(result)} tokens; 10 have room beside the 6 new ones "
                               "in a window of 16.")
    require(result == ids[:1] + ids[-9:], "Behind the first token belong the last nine, in their "
                                          "order.")
    for short in (ids[:10], ids[:3], []):
        require(answer(list(short), 16, 6) == short,
                f"{len(short)} tokens and 6 new ones fit into 16: a prompt that is short enough "
                "stays as it is.")
    alone = answer(list(ids), 7, 6)
    require(alone == ids[:1], f"With room for one token only the first should stay; you keep "
                              f"{len(alone)}. What does ids[-0:] give?")
    return "The beginning and the end stay, the middle goes, and the answer has its room."


@exercise("03.2")
def min_p(answer) -> str:
    """``min_p(logits, p)``: -inf for tokens below ``p`` times the best probability of their row."""
    import torch
    from transformers import MinPLogitsWarper

    logits = torch.tensor([[4.0, 3.5, 2.0, -2.0, 0.0, 0.5], [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]],
                          dtype=torch.float64)
    probabilities = logits.softmax(-1)
    before = logits.clone()
    result = answer(logits, 0.3)
    require(result is not None, "min_p returns None: it still needs its lines.")
    require(torch.equal(logits, before), "Your function changes the logits it was given; return "
                                         "new ones (masked_fill without the underscore).")
    require(isinstance(result, torch.Tensor) and result.shape == logits.shape,
            "Return logits of the shape you were given.")
    require(result.dtype != torch.bool, "You return which tokens stay; return the logits, with "
                                        "-inf for the dropped ones.")
    kept = result > -torch.inf
    require(not (result == 0).any() or (logits[result == 0] == 0).all(),
            "Dropped tokens get the score -inf; with the score 0 a token still has a probability.")
    require(not torch.allclose(result[kept], probabilities[kept]),
            "You return probabilities; the next step takes logits, so leave the kept scores as "
            "they are.")
    require(not torch.equal(kept, probabilities >= 0.3),
            "You compare with p itself; the limit is p times the best token's probability.")
    require(not torch.equal(kept, logits >= 0.3 * logits.amax(-1, keepdim=True)),
            "You compare scores; the limit is a share of a probability, so take the softmax first.")
    require(not torch.equal(kept, probabilities >= 0.3 * probabilities.max()),
            "One limit serves all rows: each row has its own best token.")
    generator = torch.Generator().manual_seed(0)
    for p in (0.01, 0.05, 0.2, 0.9):
        for spread in (0.5, 2.0, 5.0):
            many = torch.randn(50, 200, generator=generator, dtype=torch.float64) * spread
            theirs, ours = MinPLogitsWarper(p)(None, many), answer(many, p)
            rows = int((ours != theirs).any(-1).sum())
            require(rows == 0, f"With p = {p}, {rows} of 50 random rows differ from transformers' "
                               "MinPLogitsWarper.")
    require(torch.equal(answer(logits[0], 0.3), result[0]),
            "It should take logits of any shape whose last axis is the vocabulary; a single row "
            "goes wrong.")
    return (
        "The same as transformers' MinPLogitsWarper on 600 random rows; min-p asks how good a "
        "token is beside the best."
    )


@exercise("03.3")
def compare_bills(answer) -> str:
    """``compare_bills(tokenizer, first, second)``: a ratio of sums of tokens, and the share of
    unknown tokens in ``second``."""
    first = ["red roses", "two roses and two red tulips"]
    second = ["red roses \u73ab\u7470", "two \u90c1\u91d1\u9999 \u73ab\u7470 red and red "
              "roses and roses \u73ab"]
    tokenizer = _word_pieces()
    result = answer(tokenizer, list(first), list(second))
    require(result is not None, "compare_bills returns None: it still needs its lines.")
    require(isinstance(result, tuple) and len(result) == 2,
            f"Return two numbers, the ratio and the share of unknown tokens; got {result!r}.")
    found, unknown = (float(value) for value in result)
    counts = [[len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
              for texts in (first, second)]
    special = [[count + 2 for count in side] for side in counts]
    right = sum(counts[1]) / sum(counts[0])

    def close(value, other):
        return abs(value - other) < 1e-9

    each = sum(b / a for a, b in zip(*counts, strict=True)) / len(first)
    require(not close(found, 1 / right), "Your ratio is upside down: second over first.")
    require(not close(found, each), "That is the mean of the pairs' ratios; a bill is a sum, so "
                                    "divide the sums.")
    require(not close(found, sum(special[1]) / sum(special[0])),
            "You count [CLS] and [SEP]: leave the special tokens out.")
    require(not close(found, sum(map(len, second)) / sum(map(len, first))),
            "You compare characters; count what the tokenizer returns.")
    require(not close(found, len(second) / len(first)),
            "You count texts; count the ids of each text.")
    require(close(found, right), f"The ratio should be {sum(counts[1])} / {sum(counts[0])} tokens; "
                                 f"yours is {found:.3f}.")
    require(unknown <= 1, f"The second number is a share, between 0 and 1; yours is {unknown:.2f}.")
    require(unknown > 0, "Some tokens of the second texts are [UNK], and your share is 0: compare "
                         "each id with the tokenizer's unk_token_id.")
    require(close(unknown, 4 / sum(counts[1])),
            f"4 of {sum(counts[1])} tokens of the second texts are unknown; your share is "
            f"{unknown:.3f}.")
    return "A ratio of sums, and beside it what the low price may have thrown away."


def _word_pieces():
    """Return a tiny tokenizer of words that knows no Chinese and adds [CLS] and [SEP]."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["[UNK]", "[CLS]", "[SEP]", "red", "roses", "two", "and", "tulips"]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]",
                                   cls_token="[CLS]", sep_token="[SEP]")
