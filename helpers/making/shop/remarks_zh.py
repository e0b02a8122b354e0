"""Everyday Chinese opinions, positive or negative, for training the Chinese sentiment classifier.

Three sources: complete sentences written by hand (``remarks_zh_sentences.toml``), of
which every eighth is kept for measuring; short opinions put together from words and
clauses with a clear feeling (``remarks_zh_words.toml``): "汤一点也不油腻。"; and clauses
that stand alone, are joined, or are turned round by another (``remarks_zh_clauses.toml``).
"""

import tomllib
from functools import cache

from helpers.errors import unknown
from helpers.making.shop import phrase_files
from helpers.making.shop.draw import Draw

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
_OPENINGS = ("", "", "", "", "我觉得", "说实话，", "老实说，", "总的来说，", "真的，", "总之", "反正", "果然", "没想到", "不得不说，", "大家都说")
# The label is that of {0}; {1} is what speaks against it, {2} a fact without feeling.
_CONTRASTS = (
    "虽然{1}，但是{0}", "尽管{1}，{0}", "虽说{1}，可{0}", "{1}，但是{0}", "{1}，不过{0}", "{1}，可是{0}", "{0}，虽然{1}", "{0}，尽管{1}", "谁说{1}？{0}",
    "谁说{1}？明明{0}", "都说{1}，其实{0}", "别人说{1}，我觉得{0}", "以前{1}，现在{0}", "原以为{1}，谁知{0}", "原以为{1}，没想到{0}", "本来{1}，后来{0}",
    "不是{1}，而是{0}", "一开始{1}，现在{0}", "就算{1}，也{0}", "{1}又怎么样？{0}", "{1}？并没有，{0}", "{2}。虽然{1}，但是{0}", "{2}，{1}，不过{0}",
)  # fmt: skip
# {0} and {1} agree; {2} and {3} are facts.
_WITH_FACTS = (
    "{2}，{0}", "{2}。{0}", "{2}，{0}", "{0}，{2}", "{0}。{2}", "{2}，{3}，{0}", "{2}，{0}，{1}", "{0}，{2}，{1}", "{2}。{0}。{1}", "{0}。{3}，{1}",
)  # fmt: skip
_AGREEING = (*_JOINED, "{0}，{1}，{2}", "{0}，{1}。{2}", "因为{0}，所以{1}")
_LIKES = (
    "我{v}{it}", "我很{v}{it}", "我非常{v}{it}", "大家都{v}{it}", "{it}让人{v}", "真让人{v}", "没有人不{v}{it}", "越来越{v}{it}", "{who}特别{v}{it}",
    "{it}值得大家{v}",
)  # fmt: skip
_DISLIKES = ("我{v}{it}", "我很{v}{it}", "我非常{v}{it}", "大家都{v}{it}", "{it}让人{v}", "真让人{v}", "越来越{v}{it}", "{who}特别{v}{it}")
_NOT_LIKED = ("我不{o}{it}", "我一点也不{o}{it}", "没有人{o}{it}", "很难让人{o}", "谁会{o}{it}", "我再也不{o}{it}了", "{it}不值得{o}", "{who}并不{o}{it}")
# The same negation makes praise of a bad word and a complaint of a good one. {o…} are words of the other feeling, {s…} of the same one.
_DENIED = {
    "nouns": (
        "{it}没有{o}", "{it}没有{o}", "{it}一点{o}都没有", "{it}一点{o}也没有", "{it}毫无{o}", "{it}没有半点{o}", "{it}看不到{o}", "{it}没什么{o}",
        "{it}没有任何{o}", "{it}几乎没有{o}", "{it}没有{o}，也没有{o2}", "没看到{o}", "{it}哪有{o}", "{it}有{s}", "{it}有很多{s}", "{it}全是{s}",
        "{it}充满{s}", "{it}没有{o}，只有{s}", "{it}不但有{s}，还有{s2}",
    ),
    "verbs": (
        "{it}没{o}", "{it}没有{o}", "{it}不{o}", "{it}没{o}过", "{it}从没{o}过", "{it}从来不{o}", "{it}从不{o}", "{it}不会{o}", "{it}一直没{o}",
        "{it}一次都没{o}过", "{it}到现在还没{o}", "{it}既没{o}也没{o2}", "{it}没{o}，也没{o2}", "{it}没有再{o}", "{it}{s}了", "{it}都{s}了", "{it}总是{s}",
        "{it}会{s}", "{it}没{o}，倒是{s}了", "{it}{s}了，也{s2}了",
    ),
    "words": (
        "{it}不{o}", "{it}不{o}", "{it}一点不{o}", "{it}一点也不{o}", "{it}并不{o}", "{it}不算{o}", "{it}不怎么{o}", "{it}没那么{o}", "{it}不是很{o}",
        "{it}一点都不{o}", "{it}不{o}也不{o2}", "{it}不但不{o}，还很{s}", "不{o}，{s}", "{it}又{s}又{s2}", "{it}不是{o}，是{s}",
    ),
}  # fmt: skip
_ONLY_COMPLAINTS = {
    "nouns": ("{it}缺乏{o}", "{it}谈不上{o}", "{it}少了点{o}"),
    "verbs": ("{it}不能{o}", "{it}不肯{o}", "{it}没法{o}", "{it}根本没{o}", "{it}根本不{o}"),
    "words": ("{it}谈不上{o}", "{it}算不上{o}", "{it}称不上{o}", "{it}不够{o}", "{it}不太{o}", "{it}根本不{o}"),
}
_ENDS = ("。", "。", "。", "！", "")
# These can't follow 不.
_ALREADY_DENIED = ("不", "没", "无", "毫", "有", "令人", "让人", "难", "发", "又")
BROAD = 0.3  # share of the words of short opinions that are taken from those that fit many things


@cache
def sentences(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the hand-written sentences of a split: subject → label → lines. Raises CourseError for an unknown split."""
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    table = tomllib.loads(phrase_files.path("remarks_zh_sentences.toml").read_text(encoding="utf-8"))
    return {
        subject: {
            label: tuple(line for i, line in enumerate(text.strip().splitlines()) if (i % KEPT == 3) == (split == "test"))
            for label, text in groups.items()
        }
        for subject, groups in table.items()
    }


@cache
def clauses() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the free clauses: "clauses" and "verbs" by label, "denials" by kind of thing and of word, "facts" under "neutral"."""
    table = tomllib.loads(phrase_files.path("remarks_zh_clauses.toml").read_text(encoding="utf-8"))
    return {
        "clauses": {label: tuple(line for groups in table["clauses"].values() for line in groups[label].strip().splitlines()) for label in LABELS},
        "verbs": {label: tuple(table["verbs"][label].split()) for label in LABELS},
        "denials": {f"{kind} {name}": tuple(text.split()) for kind, lists in table["denials"].items() for name, text in lists.items()},
        "facts": {"neutral": tuple(table["facts"]["neutral"].strip().splitlines())},
    }


@cache
def words() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return what short opinions are made of: kind of thing → list → words."""
    table = tomllib.loads(phrase_files.path("remarks_zh_words.toml").read_text(encoding="utf-8"))
    return {kind: {name: tuple(text.split()) for name, text in lists.items()} for kind, lists in table.items()}


def held_out() -> list[dict]:
    """Return the sentences kept for measuring, {text, label}."""
    return [{"text": text, "label": label} for groups in sentences("test").values() for label, lines in groups.items() for text in lines]


def _short(label: str, draw: Draw) -> str:
    """A short opinion of words and clauses, without its end."""
    same, other = ("good", "bad") if label == "positive" else ("bad", "good")
    everything, people, broad = words()["any"], words()["me"], words()["broad"]
    own = words()[draw.choice(tuple(words()))]

    def pick(name: str) -> str:
        if draw.chance(BROAD):
            return draw.choice(broad[name])
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


def _liking(label: str, draw: Draw) -> str:
    """Who likes or dislikes something, without its end: "没有人喜欢这道菜"."""
    verbs, own = clauses()["verbs"], words()[draw.choice(tuple(words()))]
    frames = _LIKES if label == "positive" else _DISLIKES if draw.chance(0.6) else _NOT_LIKED
    other = LABELS[label == "negative"]
    who, it = draw.choice(words()["people"]["things"]), draw.choice(own["things"])
    return draw.choice(frames).format(v=draw.choice(verbs[label]), o=draw.choice(verbs[other]), it=it, who=who)


def _denial(label: str, draw: Draw) -> str:
    """What a thing has, does or is, mostly by what it does not: "客服从来不道歉", "盒子没有破洞"."""
    same, other = ("good", "bad") if label == "positive" else ("bad", "good")
    kind = draw.choice(tuple(_DENIED))
    lists = clauses()["denials"]
    field = draw.choice(tuple(dict.fromkeys(name.split()[0] for name in lists)))
    if kind == "words":
        of = words()[draw.choice(("any", "broad")) if field == "things" else field]
        own, others = of[same], [word for word in of[other] if not word.startswith(_ALREADY_DENIED)]
    else:
        own, others = lists[f"{field} {same}_{kind}"], lists[f"{field} {other}_{kind}"]
    things = words()["any" if field == "things" else field]["things"]
    frames = _ONLY_COMPLAINTS[kind] if label == "negative" and draw.chance(0.25) else _DENIED[kind]
    (s, s2), (o, o2) = draw.sample(own, 2), draw.sample(others, 2)
    return draw.choice(frames).format(it=draw.choice(things) if draw.chance(0.7) else "", s=s, s2=s2, o=o, o2=o2)


def _clause(label: str, draw: Draw) -> str:
    """A free clause, or one of a denial, of verbs or of an idiom, without its end."""
    kind = draw.weighted({"free": 0.5, "denial": 0.28, "verb": 0.08, "idiom": 0.14})
    if kind == "denial":
        return _denial(label, draw)
    if kind == "verb":
        return _liking(label, draw)
    if kind == "idiom":
        return draw.choice(words()["broad"]["good_clauses" if label == "positive" else "bad_clauses"])
    return draw.choice(clauses()["clauses"][label])


def clause(draw: Draw) -> dict:
    """Draw free clauses {text, label}: one, several that agree, one among facts, or one against another."""
    label = draw.choice(LABELS)
    same, against = [_clause(label, draw) for _ in range(3)], _clause(LABELS[label == "negative"], draw)
    facts = draw.sample(clauses()["facts"]["neutral"], 2)
    shape = draw.weighted({"one": 0.3, "agreeing": 0.25, "facts": 0.2, "contrast": 0.25})
    if shape == "one":
        text = draw.choice(_OPENINGS) + same[0]
    elif shape == "agreeing":
        text = draw.choice(_AGREEING).format(*same)
    elif shape == "facts":
        text = draw.choice(_WITH_FACTS).format(same[0], same[1], *facts)
    else:
        text = draw.choice(_CONTRASTS).format(same[0], against, facts[0])
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
