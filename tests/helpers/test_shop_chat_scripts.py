"""The scripts of chats for training: complete, seeded, and apart from the wording of the test
split."""

import re
from itertools import chain

from helpers.making.shop import chat_scripts, chats
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world


def sentences():
    """Every sentence of the scripts, with its fields."""
    generic = chain.from_iterable(chat_scripts.material()["generic"].values())
    situations = [*(chat_scripts.material()[topic] for topic in chat_scripts.topics()),
                  *chain.from_iterable(chat_scripts.brief().values())]
    return [*generic,
            *(line for situation in situations for script in situation["scripts"]
              for turn in script for line in turn)]


def held_out():
    around, *situations = chats.wording("test").values()
    return [line for turns in (around.values(), *(one["turns"] for one in situations))
            for turn in turns for line in turn]


def ngrams(texts, n):
    words = [re.findall(r"\{\}|[a-z']+", re.sub(r"\{\w+\}", "{}", text.lower())) for text in texts]
    return {tuple(one[start : start + n]) for one in words for start in range(len(one) - n + 1)}


def whole(texts):
    """The sentences of more than two words, without their signs."""
    parts = (part for text in texts for part in re.split(r"(?<=[.?!]) ", text))
    return {re.sub(r"\W", "", part.lower()) for part in parts if len(part.split()) > 2}


def test_the_situations_and_their_summaries_are_those_of_the_data_set():
    assert {topic: chat_scripts.material()[topic]["summary"]
            for topic in chat_scripts.topics()} == {
        topic: one["summary"] for topic, one in chats.wording("train").items() if topic != "generic"
    }


def test_a_chat_names_what_its_summary_names_and_speakers_take_turns():
    place, draw = world("train"), Draw("test")
    rows = [chat_scripts.example(place, draw) for _ in range(600)]
    assert {row["topic"] for row in rows} == set(chat_scripts.topics())
    for row in rows:
        speakers = [line.split(": ")[0] for line in row["text"].split("\n")]
        assert speakers == [chat_scripts.SPEAKERS[number % 2]
                            for number in range(len(speakers))] and len(speakers) >= 3
        named = re.findall(r"\d[\d.]*\d|\d|\b[A-Z][a-z]+\b", row["summary"])
        spoken = row["text"].replace("Marigold:", "") + " Marigold The"
        assert [one for one in named
                if one not in spoken] == [] and "{" not in row["text"] + row["summary"]
    again = Draw("test")
    assert [chat_scripts.example(place, again) for _ in range(600)] == rows
    assert len({row["text"] for row in rows}) == len(rows)


def test_chats_with_details_left_out_have_summaries_without_them():
    assert chat_scripts.brief().keys() == set(chat_scripts.topics())
    place, draw = world("train"), Draw("brief")
    rows = [chat_scripts.example(place, draw, short=1.0) for _ in range(600)]
    whole_forms = {topic: chat_scripts.slots(chat_scripts.material()[topic]["summary"])
                   for topic in chat_scripts.topics()}
    for topic, forms in chat_scripts.brief().items():
        assert all(chat_scripts.slots(form["summary"]) < whole_forms[topic] or topic == "repot"
                   for form in forms)
        every = {field for form in forms for script in form["scripts"] for turn in script
                 for line in turn for field in chat_scripts.slots(line)}
        # What the summary leaves out is not told
        assert every <= whole_forms[topic] | {"f", "event"}, topic
    for row in rows:
        named = re.findall(r"\d[\d.]*\d|\d|\b[A-Z][a-z]+\b", row["summary"])
        assert ([one for one in named
                 if one not in row["text"].replace("Marigold:", "") + " Marigold The"] == []
                and "{" not in row["text"])
    assert len({row["text"] for row in rows}) == len(rows)
    full = chat_scripts.example(place, Draw("one"), short=0.0)
    assert full == chat_scripts.example(place, Draw("one"))


def test_customer_and_shop_can_introduce_themselves_in_the_same_words():
    place, draw = world("train"), Draw("introductions")
    rows = [chat_scripts.example(place, draw, introduced=1.0)["text"] for _ in range(400)]
    for pattern in (r"Customer: [^\n]*, (\w+) speaking\.", r"Marigold: [^\n]*, (\w+) speaking\."):
        assert any(re.search(pattern, text) for text in rows)
    assert not any("{" in text for text in rows)


def test_the_wording_is_not_that_of_the_test_split():
    shared = ngrams(sentences(), 5) & ngrams(held_out(), 5)
    assert len(shared) <= 0.01 * len(ngrams(held_out(), 5)), shared
    assert len(ngrams(sentences(), 4) & ngrams(held_out(), 4)) <= 0.05 * len(ngrams(held_out(), 4))
    assert whole(sentences()) & whole(held_out()) == set()
