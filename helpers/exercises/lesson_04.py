"""Checks of lesson 04: examples within a budget, retries of what may pass, two prompts compared."""

import re

from helpers.exercises import exercise, require

GAP = "\n\n"


def _tokens(text: str) -> int:
    """Words, and one token for each blank line."""
    return len(text.split()) + text.count(GAP)


@exercise("04.1")
def pack(answer) -> str:
    """``pack(examples, question, count_tokens, budget)``: a prompt of the best examples that fit.
    """
    examples, question = ["best one here", "second example text with many words", "third short",
                          "fourth and last"], "the question ?"
    whole = answer(list(examples), question, _tokens, 100)
    require(whole is not None, "pack returns None: it still needs its lines.")
    require(isinstance(whole, str), f"pack returns a {type(whole).__name__}; return the prompt, a "
                                    "text.")
    require(question in whole, "The question is missing in the prompt.")
    require(whole.endswith(question), "The question stands at the end, behind the examples.")
    kept = whole.split(GAP)
    require(len(kept) == 5, f"With room for everything, four examples and the question should be "
                            f"joined by blank lines; yours has {len(kept)} parts.")
    require(kept[:-1] != examples, "The best example should stand nearest to the question; yours "
                                   "comes first.")
    require(kept[:-1] == examples[::-1], "The kept examples go from the worst to the best, right "
                                         "before the question.")
    for budget in range(25, _tokens(question) - 1, -1):
        prompt = answer(list(examples), question, _tokens, budget)
        used = _tokens(prompt)
        require(used <= budget, f"With a budget of {budget} your prompt has {used} tokens: count "
                                "the whole prompt, its separators included.")
        best: list[str] = [question]
        stopped: list[str] = [question]
        open_ = True
        for example in examples:
            if _tokens(GAP.join([example, *best])) <= budget:
                best = [example, *best]
            else:
                open_ = False
            if open_:
                stopped = best
        if prompt != GAP.join(best):
            require(prompt != GAP.join(stopped),
                    f"With a budget of {budget} you stop at the first example that does not fit; a "
                    "later, shorter one still does.")
            require(False, f"With a budget of {budget} the prompt should hold {len(best) - 1} "
                           f"examples, the best ones that fit; yours holds {prompt.count(GAP)}.")
    return (
        "No budget from the bare question upwards is exceeded, and the best example that fits "
        "stands where it counts most."
    )


def _error(status: int, **headers: str):
    import httpx

    request = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")
    response = httpx.Response(
        status, headers={name.replace("_", "-"): value for name, value in headers.items()},
        request=request)
    return httpx.HTTPStatusError(f"status {status}", request=request, response=response)


class _Server:
    """Answers each call by the next of ``replies``: raises an error, returns a text."""

    def __init__(self, *replies):
        self.replies, self.calls, self.waits = list(replies), 0, []

    def __call__(self):
        self.calls += 1
        require(self.calls <= len(self.replies),
                f"You call {self.calls} times; {len(self.replies)} were allowed.")
        reply = self.replies[self.calls - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply


def _run(answer, server: _Server, attempts: int):
    """Return what the answer returns, or the error that it lets through."""
    import httpx

    try:
        return answer(server, attempts, server.waits.append)
    except (httpx.HTTPStatusError, KeyError) as error:
        return error


@exercise("04.2")
def patient(answer) -> str:
    """``patient(call, attempts, sleep)``: retry 429 and 5xx with growing waits, nothing else."""
    server = _Server("fine")
    result = _run(answer, server, 3)
    require(result is not None, "patient returns None: it still needs its lines.")
    require(result == "fine", f"Return what call() returns; yours is {result!r}.")
    require(server.waits == [], "The first call succeeded, yet you waited.")

    server = _Server(_error(401), "never reached")
    result = _run(answer, server, 3)
    require(server.calls == 1, "A wrong key (401) was tried again: only 429 and 5xx may pass.")
    require(getattr(getattr(result, "response", None), "status_code", None) == 401,
            "A 401 must come out as the error that it is.")
    server = _Server(_error(400), "never reached")
    _run(answer, server, 3)
    require(server.calls == 1, "A malformed request (400) was tried again: it will be malformed "
                               "the next time, too.")

    for status in (429, 500, 503):
        server = _Server(_error(status), _error(status), "fine")
        result = _run(answer, server, 3)
        require(result == "fine", f"After two answers with status {status} the third call "
                                  f"succeeds, but you return {result!r}.")
        require(server.waits, "You try again without waiting.")
        require(server.waits != [1, 1] and server.waits != [2, 2],
                f"Without Retry-After the waits should double; yours are {server.waits}.")
        require(server.waits == [1, 2], f"Without Retry-After the waits are 1, 2, 4, … seconds; "
                                        f"yours are {server.waits}.")

    server = _Server(_error(429, Retry_After="7"), "fine")
    _run(answer, server, 3)
    require(server.waits != [1], "The server said Retry-After: 7, and you waited 1 second.")
    require([type(wait) in (int, float) for wait in server.waits] == [True],
            "sleep takes a number of seconds; a header is a text.")
    require(server.waits == [7], f"The server said Retry-After: 7; you waited {server.waits}.")

    server = _Server(*[_error(503) for _ in range(4)])
    result = _run(answer, server, 4)
    require(result is not None, "After the last attempt the error is lost: let it through.")
    require(server.calls == 4, f"With attempts=4 there are four calls in all; you made "
                               f"{server.calls}.")
    require(len(server.waits) == 3, f"Four calls have three waits between them; you waited "
                                    f"{len(server.waits)} times.")
    require(result is server.replies[-1], "Let the last error through as it came.")

    server = _Server(KeyError("MARIGOLD_API_KEY"), "never reached")
    result = _run(answer, server, 3)
    require(isinstance(result, KeyError) and server.calls == 1,
            "A missing key (KeyError) is not the server's answer: let it pass at once.")
    return "Busy servers get time, wrong keys get an answer, and nobody waits after the last try."


ORDERS = [
    {"instruction": f"Order {number}: {name} takes {word} {flowers} on {day}.",
     "response": f"{name}: {word} {flowers}, {day}"}
    for number, (name, word, flowers, day) in enumerate([
        ("Ada", "three", "lilies", "Monday"), ("Ben", "four", "asters", "Tuesday"),
        ("Cleo", "five", "roses", "Friday"), ("Dan", "two", "tulips", "Sunday"),
    ] * 6)
]
VERDICTS = ("first", "second", "can't tell")


class _Model:
    """Answers a prompt of ``kind`` right where ``right[kind](number of the order)``."""

    def __init__(self, **right):
        self.right, self.calls = right, 0

    def __call__(self, messages):
        self.calls += 1
        require(isinstance(messages, list), f"ask takes what first(message) or second(message) "
                                            f"returns; you gave it a {type(messages).__name__}.")
        kind, number, name, _, word, flowers, _, day = re.findall(
            r"\w+", messages[-1]["content"])
        digits = {"two": 2, "three": 3, "four": 4, "five": 5}[word]
        right = self.right[kind](int(number))
        return f"{name}: {digits} {flowers}, {day}." if right else f"I like {flowers}"


def _judged(answer, **right):
    model = _Model(**right)
    found = answer(
        model, ORDERS,
        lambda message: [{"role": "user", "content": f"one {message.removeprefix('Order ')}"}],
        lambda message: [{"role": "user", "content": f"two {message.removeprefix('Order ')}"}],
    )
    require(found is not None, "judge returns None: it still needs its lines.")
    require(isinstance(found, tuple) and len(found) == 2,
            f"Return two things, the verdict and the interval; yours is {found!r}.")
    require(found[0] in VERDICTS, f"The verdict is one of {', '.join(VERDICTS)}; yours is "
                                  f"{found[0]!r}.")
    require(model.calls == 2 * len(ORDERS), f"{len(ORDERS)} orders and two prompts are "
                                            f"{2 * len(ORDERS)} questions; you asked "
                                            f"{model.calls}.")
    return found


@exercise("04.3")
def judge(answer) -> str:
    """``judge(ask, orders, first, second)``: a verdict on two prompts, with its interval."""
    def always(number):
        return True

    def never(number):
        return False

    verdict, interval = _judged(answer, one=never, two=always)
    require(getattr(interval, "estimate", None) is not None,
            f"The interval is what measure.paired_difference returns; yours is {interval!r}.")
    require(interval.estimate != 0, "The second prompt had every order right, as a number in "
                                    "digits, and the first none: compare what read_line returns, "
                                    "not the texts.")
    require(interval.estimate != -1, "The difference is second − first; yours is the other way "
                                     "round.")
    require((verdict, interval.estimate) == ("second", 1),
            f"The second prompt had every order right and the first none; you say {verdict!r}, "
            f"{interval}.")
    verdict, interval = _judged(answer, one=always, two=never)
    require(verdict == "first", f"The first prompt had every order right and the second none; you "
                                f"say {verdict!r}.")
    verdict, interval = _judged(
        answer, one=lambda number: number % 2, two=lambda number: number % 3
    )
    require(interval.low < 0 < interval.high, "A difference of paired scores was wanted: the same "
                                              f"orders for both prompts. Yours is {interval}.")
    require(verdict == "can't tell", f"The interval {interval} contains 0, so nothing is decided; "
                                     f"you say {verdict!r}.")
    return "A verdict that may be open: an interval around 0 says that more orders are needed."
