"""Everyday Chinese opinions, positive or negative, for training the Chinese sentiment classifier.

Two sources: complete sentences written by hand (``remarks_zh_sentences.toml``), of
which every eighth is kept for measuring, and short opinions put together from words and
clauses with a clear feeling (``remarks_zh_words.toml``): "汤一点也不油腻。"
"""

import tomllib
from functools import cache
from pathlib import Path

from helpers.errors import unknown
from helpers.shop.draw import Draw

LABELS = ("negative", "positive")
KEPT = 8  # one sentence in so many is for measuring
SPLITS = ("train", "test")
# {it} and {it2} are things, {good} … words that 太 and 很 can stand before; a "/" parts a frame from what its label is.
_VERY = ("真{}", "太{}了", "很{}", "很{}", "非常{}", "特别{}", "挺{}的", "十分{}", "超级{}", "实在太{}了", "真的很{}", "{}极了", "{}得不得了", "相当{}")
_WORDS = (
    "{it}{very}", "{it}{very}", "{it}{very}", "{very}", "{it}又{same}又{same2}", "{it}越来越{same}", "这么{same}的{it}", "好{same}的{it}",
    "最{same}的就是{it}", "从没见过这么{same}的{it}", "{it}比以前{same}多了", "没想到{it}这么{same}", "{it}怎么这么{same}", "{it}有多{same}就不用说了",
    "{it}一点也不{denied}", "{it}一点都不{denied}", "{it}不{denied}", "{it}并不{denied}", "{it}既不{denied}也不{denied2}", "谁说{it}{other}了",
    "都说{it}{other}，其实{very}", "本来以为{it}会很{other}，没想到{very}", "{it}以前挺{other}的，现在{very}", "{it}哪里{other}了，明明{very}",
    "虽然{it2}有点{other}，但是{it}{very}", "{it2}是挺{other}，可是{it}{very}", "{it}{very}，就是{it2}稍微{other}了一点",
)  # fmt: skip
_CLAUSES = (
    "{it}{clause}", "{it}{clause}", "{it}{clause}", "{clause}", "没想到{it}{clause}", "{it}居然{clause}", "{it}{very}，{clause}", "{it}{clause}，{clause2}",
    "{it}不但{very}，而且{clause}", "虽然{it2}有点{other}，但是{it}{clause}", "尽管{against}，{it}还是{clause}", "{it2}{against}，不过{it}{clause}",
    "{it}{clause}，{feeling}", "{feeling}，{it}{clause}", "{feeling}", "都说{it}{against}，其实{clause}",
)  # fmt: skip
_JOINED = ("{0}。{1}", "{0}，{1}", "{0}！{1}", "{0}。{1}。{2}", "{0}，而且{1}", "不但{0}，而且{1}", "{0}，总之{1}")
_TURNED = ("虽然{1}，但是{0}", "{1}，但是{0}", "{1}，不过{0}", "尽管{1}，{0}", "{1}，可是{0}")  # the label is that of {0}
_ENDS = ("。", "。", "。", "！", "")
# These can't follow 不.
_ALREADY_DENIED = ("不", "没", "令人", "让人", "难")


@cache
def sentences(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the hand-written sentences of a split: subject → label → lines. Raises CourseError for an unknown split."""
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    table = tomllib.loads(Path(__file__).with_name("remarks_zh_sentences.toml").read_text(encoding="utf-8"))
    return {
        subject: {
            label: tuple(line for i, line in enumerate(text.strip().splitlines()) if (i % KEPT == 3) == (split == "test"))
            for label, text in groups.items()
        }
        for subject, groups in table.items()
    }


@cache
def words() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return what short opinions are made of: kind of thing → list → words."""
    table = tomllib.loads(Path(__file__).with_name("remarks_zh_words.toml").read_text(encoding="utf-8"))
    return {kind: {name: tuple(text.split()) for name, text in lists.items()} for kind, lists in table.items()}


def held_out() -> list[dict]:
    """Return the sentences kept for measuring, {text, label}."""
    return [{"text": text, "label": label} for groups in sentences("test").values() for label, lines in groups.items() for text in lines]


def _short(label: str, draw: Draw) -> str:
    """A short opinion of words and clauses, without its end."""
    same, other = ("good", "bad") if label == "positive" else ("bad", "good")
    everything, people = words()["any"], words()["me"]
    own = words()[draw.choice(tuple(words()))]

    def pick(name: str) -> str:
        return draw.choice(everything[name] if own is not people and draw.chance(0.25) else own[name])

    def deniable() -> str:
        while (word := pick(other)).startswith(_ALREADY_DENIED):
            pass
        return word

    frame = draw.choice(_WORDS if draw.chance(0.5) else _CLAUSES)
    very = draw.choice(_VERY)
    return frame.format(
        it=draw.choice(own["things"]), it2=draw.choice(own["things"]), very=very.format(pick(same)), same=pick(same), same2=pick(same), other=pick(other),
        denied=deniable(), denied2=deniable(), clause=pick(f"{same}_clauses"), clause2=pick(f"{same}_clauses"), against=pick(f"{other}_clauses"),
        feeling=draw.choice(people["things"]) + draw.choice(people[f"{same}_clauses"]),
    )  # fmt: skip


def short(draw: Draw) -> dict:
    """Draw a short opinion {text, label}, sometimes two in one text."""
    label = draw.choice(LABELS)
    text = _short(label, draw)
    if draw.chance(0.25):
        text += draw.choice(("，", "。")) + _short(label, draw)
    return {"text": text + draw.choice(_ENDS), "label": label}


def sentence(draw: Draw) -> dict:
    """Draw a hand-written sentence {text, label}, half of them joined with others on the same subject or turned by 但是."""
    table = sentences("train")
    label, groups = draw.choice(LABELS), table[draw.choice(tuple(table))]
    first = draw.choice(groups[label])
    if draw.chance(0.5):
        return {"text": first, "label": label}
    first = first.rstrip("。！？")
    if draw.chance(0.4):
        against = draw.choice(groups[LABELS[label == "negative"]]).rstrip("。！？")
        text = draw.choice(_TURNED).format(first, against)
    else:
        same = [(_short(label, draw) if draw.chance(0.5) else draw.choice(groups[label]).rstrip("。！？")) for _ in range(2)]
        text = draw.choice(_JOINED).format(first, *draw.shuffled(same))
    return {"text": text + draw.choice(_ENDS), "label": label}
