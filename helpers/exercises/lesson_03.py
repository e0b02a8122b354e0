"""Checks of lesson 03: a prompt that fits the window, min-p sampling, streaming of whole
characters."""

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
def stream(answer) -> str:
    """``stream(parts)``: yield text from bytes as soon as whole characters are there."""
    text = "Two tulips \N{TULIP}, caf\u00e9 \u73ab\u7470!"
    data = text.encode("utf-8")
    result = answer([data])
    require(result is not None, "stream returns None: write a generator, with yield.")
    require(not isinstance(result, (str, list)),
            f"stream returns a {type(result).__name__} at the end; yield each bit of text as it "
            "comes.")
    for size in (1, 2, 3, 5, len(data)):
        pieces = list(answer([data[start : start + size] for start in range(0, len(data), size)]))
        require(all(isinstance(piece, str) for piece in pieces), "Yield text (str), not bytes.")
        require(not any("\ufffd" in piece for piece in pieces),
                "A broken character came through: hold incomplete bytes back instead of replacing "
                "them.")
        joined = "".join(pieces)
        require(joined == text, f"Cut into parts of {size} bytes, {text!r} comes out as "
                                f"{joined!r}: some bytes were lost or doubled.")
        require(all(pieces), "An empty text was yielded; wait until a character is whole.")
    read: list[bytes] = []

    def parts():
        for part in (b"Two ", b"tul", b"ips \xf0\x9f", b"\x8c", b"\xb7!"):
            read.append(part)
            yield part

    running = iter(answer(parts()))
    first = next(running)
    require(first == "Two " and len(read) == 1,
            f"After the first part {b'Two '!r} its text should come at once; {len(read)} parts "
            "were read before anything came.")
    require(next(running) == "tul" and next(running) == "ips ",
            "Whole characters before an incomplete one should not wait for it: 'ips ' comes before "
            "the tulip.")
    require(next(running) == "\N{TULIP}!", "The held bytes should come out as soon as the rest of "
                                           "their character is there.")
    return "Nothing broken, nothing lost, nothing late: what a chat window needs of a stream."
