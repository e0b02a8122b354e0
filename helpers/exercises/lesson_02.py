"""Checks of lesson 02: a shortlist that may be used and fits, the longest context on a card, the
bill of a service."""

from types import SimpleNamespace

from helpers.exercises import exercise, require


@exercise("02.1")
def shortlist(answer) -> str:
    """``shortlist(models, task, licences, most_bytes)``: names of the models for the task, with the
    licence, that fit in 16 bits."""
    models = [
        {"name": "large", "task": "sentiment", "licence": "mit", "parameters": 900},
        {"name": "fits-exactly", "task": "sentiment", "licence": "mit", "parameters": 500},
        {"name": "small", "task": "sentiment", "licence": "apache-2.0", "parameters": 100},
        {"name": "research", "task": "sentiment", "licence": "cc-by-nc-4.0", "parameters": 200},
        {"name": "silent", "task": "sentiment", "licence": None, "parameters": 50},
        {"name": "other-task", "task": "translation", "licence": "mit", "parameters": 60},
    ]
    before = [dict(model) for model in models]
    result = answer(models, "sentiment", ["mit", "apache-2.0"], 1000)
    require(result is not None, "shortlist returns None: it still needs its lines.")
    require(isinstance(result, (list, tuple)),
            f"shortlist returns a {type(result).__name__}; return a list of names.")
    names = list(result)
    require(not any(isinstance(name, dict) for name in names),
            "You return the models themselves; return their names.")
    require(models == before, "Your function changes the list that it was given; sort a copy.")
    require("other-task" not in names, "A model for another task is in your list.")
    require("silent" not in names, "A model without a licence is in your list. What does no "
                                   "licence mean?")
    require("research" not in names, "A model is in your list whose licence is not among those "
                                     "asked for.")
    require("large" not in names, "A model of 900 parameters is in your list, for 1,000 bytes. How "
                                  "many bytes does a parameter take in 16 bits?")
    require("small" in names, f"A model that does all that is asked is missing; your list is "
                              f"{names}.")
    require("fits-exactly" in names, "A model that takes just as many bytes as there are may stay: "
                                     "at most means not more.")
    require(names == ["small", "fits-exactly"],
            "The models are right, their order is not: the smallest comes first, yours is "
            f"{names}.")
    require(list(answer(models, "sentiment", ["gpl-3.0"], 1000)) == [],
            "Where nothing fits, the list is empty.")
    return "Two of six are left: one does another task, two may not be used, one does not fit."


@exercise("02.2")
def longest_context(answer) -> str:
    """``longest_context(config, weights, card, batch=1)``: whole tokens a text, with a cache in 16
    bits."""
    # 2 × 10 layers × 2 kv heads × 16 × 2 bytes = 1,280 bytes a token; attention heads are four
    # times as many.
    config = SimpleNamespace(
        num_hidden_layers=10, num_attention_heads=8, num_key_value_heads=2, head_dim=16,
        hidden_size=100, max_position_embeddings=5000
    )
    free, token = 100_000, 1280
    result = answer(config, 300_000, 300_000 + free)
    require(result is not None, "longest_context returns None: it still needs its lines.")
    require(isinstance(result, (int, float)),
            f"longest_context returns a {type(result).__name__}; return a number of tokens.")
    wrong = {
        (300_000 + free) // token: "You give the whole card to the cache; the weights have to be "
                                   "there too.",
        free // (token * 4): "Each token takes four times too much: keys and values are kept for "
                             "kv heads, not for attention heads.",
        free // (token // 2): "Each token takes half of what it should: there are keys and values, "
                              "in 16 bits.",
        free // (token * 2): "Each token takes twice what it should: a number in 16 bits is 2 "
                             "bytes.",
        free // (2 * 10 * 100 * 2): "You count hidden_size numbers a layer; the cache has kv heads "
                                    "× head_dim.",
        free // (token // 10): "You count one layer; every layer has keys and values.",
    }
    if int(result) in wrong and int(result) != free // token:
        require(False, wrong[int(result)])
    require(result == int(result), f"You return {result:.2f} tokens; a token is there or it isn't, "
                                   "so count whole ones.")
    require(result == free // token, f"For {free:,} free bytes you return {int(result)} tokens. "
                                     "What does one token take, in all layers?")
    require(answer(config, 300_000, 300_000 + free, 4) == free // token // 4,
            "Four texts at a time share the card; yours are each given all of it, or the rounding "
            "is off.")
    require(answer(config, 300_000, 10**9) == 5000,
            "On a huge card the context is longer than the model's own positions; "
            "config.max_position_embeddings is the limit.")
    require(answer(config, 300_000, 100_000) == 0,
            f"Where the weights alone don't fit there is room for no token; you return "
            f"{answer(config, 300_000, 100_000)}.")
    return (
        "What the weights leave, divided by a token's cache: bounded by zero, by the model's "
        "positions, and shared by all texts."
    )


@exercise("02.3")
def bill(answer) -> str:
    """``bill(tokenizer, texts, texts_a_day, answer_tokens, price_read, price_written)``: $ a month,
    counted with the tokenizer."""

    class Words:
        """One token a letter, as a tokenizer gives it; keeps how often it was asked."""

        asked = 0

        def __call__(self, texts, **options):
            self.asked += 1
            one = isinstance(texts, str)
            counts = [list(range(len(text))) for text in ([texts] if one else texts)]
            return Tokens({"input_ids": counts[0] if one else counts})

    class Tokens(dict):
        input_ids = property(lambda self: self["input_ids"])

    tokenizer = Words()
    texts = ["aa aa", "a" * 15]  # 20 tokens, 3 words, 10 tokens a text
    result = answer(tokenizer, texts, 1000, 5, 2.0, 10.0)
    require(result is not None, "bill returns None: it still needs its lines.")
    require(isinstance(result, (int, float)),
            f"bill returns a {type(result).__name__}; return a number of dollars.")
    require(tokenizer.asked > 0, "Your function never asks the tokenizer. Words or characters are "
                                 "not tokens.")
    right = 30 * 1000 * (10 * 2.0 + 5 * 10.0) / 1e6
    wrong = {
        right * 1e6: "Your bill is a million times too high: prices are for a million tokens.",
        right / 30: "That is the bill of one day; a month has 30.",
        30 * 1000 * (10 + 5) * 2.0 / 1e6: "Tokens written cost the price of tokens read.",
        30 * 1000 * (10 + 5) * 10.0 / 1e6: "Tokens read cost the price of tokens written.",
        30 * 1000 * 10 * 2.0 / 1e6: "Only reading is on your bill; each text is answered as well.",
        30 * 1000 * (20 * 2.0 + 5 * 10.0) / 1e6: "You charge the tokens of all texts for each of "
                                                 "them; take the mean.",
        30 * 1000 * (2 * 2.0 + 5 * 10.0) / 1e6: "You count 2 tokens a text, which is the number of "
                                                "texts. What is inside input_ids?",
    }
    for value, hint in wrong.items():
        require(abs(result - value) > 1e-9 * max(1, value), hint)
    require(abs(result - right) < 1e-9, f"For 1,000 texts a day of 10 tokens, answered in 5, at $2 "
                                        f"and $10 a million, you return ${result:,.4f}.")
    require(abs(answer(tokenizer, ["a", "aaa", "aaaaa"], 0, 5, 2.0, 10.0)) < 1e-9,
            "Without a single text a day nothing is read and nothing written.")
    require(abs(answer(tokenizer, ["a", "aaa", "aaaaa"], 1000, 0, 2.0, 10.0) - 0.18) < 1e-9,
            "Three texts of 1, 3 and 5 tokens have 3 on average; your bill has another mean.")
    return (
        "Tokens by the model's own tokenizer, the mean over all texts, and two prices: what is "
        "written costs more than what is read."
    )
