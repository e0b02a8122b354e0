"""Every task of lesson 01 on the course's checkpoints, through transformers alone: the curriculum's
sentence and three of our own each.

The pipelines that transformers 5 no longer has (summarization, translation, question-answering) are
replaced by a few plain lines.
"""

import re
from functools import cache

import numpy
import pytest

from helpers import checkpoint
from helpers.checkpoints import table
from helpers.datasets import dataset


@cache
def pipe(task: str, role: str, **options):
    from transformers import pipeline

    return pipeline(task, model=checkpoint(role), device="cpu", **options)


@cache
def text_to_text(role: str):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    return (AutoTokenizer.from_pretrained(checkpoint(role)),
            AutoModelForSeq2SeqLM.from_pretrained(checkpoint(role)))


def written(role: str, text: str) -> str:
    """What replaces the summarization and translation pipelines."""
    tokenizer, model = text_to_text(role)
    output = model.generate(**tokenizer(text, return_tensors="pt"), max_new_tokens=60)
    return tokenizer.decode(output[0], skip_special_tokens=True)


def answered(question: str, context: str) -> str:
    """What replaces the question-answering pipeline: the best span of the context, at most 15
    tokens long."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer, model = (AutoTokenizer.from_pretrained(checkpoint("qa")),
                        AutoModelForQuestionAnswering.from_pretrained(checkpoint("qa")))
    batch = tokenizer(question, context, return_tensors="pt", return_offsets_mapping=True)
    offsets, of_context = batch.pop("offset_mapping")[0], torch.tensor([part == 1
            for part in batch.sequence_ids()])
    with torch.inference_mode():
        output = model(**batch)
    starts, ends = (logits[0].masked_fill(~of_context, -torch.inf)
                    for logits in (output.start_logits, output.end_logits))
    # The end is not before the start
    allowed = torch.ones(len(starts), len(ends), dtype=torch.bool).triu().tril(14)
    scores = (starts[:, None] + ends[None]).masked_fill(~allowed, -torch.inf)
    start, end = divmod(int(scores.argmax()), len(ends))
    return context[offsets[start][0] : offsets[end][1]]


@pytest.mark.parametrize(("text", "label"), [
    ("I am really happy today!", "POSITIVE"),
    ("The waiter was rude and the soup was cold.", "NEGATIVE"),
    ("What a lovely evening, thank you for everything!", "POSITIVE"),
    ("The zip broke after two days and nobody answers my mails.", "NEGATIVE"),
])
def test_sentiment(text, label):
    assert pipe("sentiment-analysis", "sentiment")(text)[0]["label"] == label


@pytest.mark.parametrize(("text", "label"), [
    ("这个餐馆太难吃了。", "NEGATIVE"), ("这部电影真好看，我很喜欢。", "POSITIVE"),
    ("快递太慢了，东西也坏了。", "NEGATIVE"), ("服务员很热情，下次还来。", "POSITIVE"),
])
def test_chinese_sentiment(text, label):
    assert pipe("text-classification", "sentiment-zh")(text)[0]["label"] == label


@pytest.mark.parametrize(("text", "parts"), [
    ("I like to learn data science and AI.", ("我", "喜欢", "学习", "数据科学", "人工智能")),
    ("I like flowers.", ("我", "喜欢", "花")),
    ("My mother wants to buy red roses.", ("妈", "买", "玫瑰")),
    ("The tea is cheap.", ("茶", "便宜")),
])
def test_translation(text, parts):
    given = written("translate-en-zh", text)
    assert all(part in given for part in parts), given


@pytest.mark.parametrize(("chat", "parts"), [
    ("Customer: Good morning, my name is Tom. I want to cancel my order of tulips.\nMarigold: No "
     "problem, it is cancelled.\nCustomer: Thanks!",
     ("Tom", "cancels", "tulips")),
    ("Customer: Hi, Maria here. The lilies you sent are wilted.\nMarigold: That is a pity. You "
     "will get your money back.\nCustomer: That is kind.",
     ("Maria", "lilies", "wilted")),
    ("Customer: Hello, I am Peter. Can you deliver the orchids on Friday and not on "
     "Thursday?\nMarigold: Yes, Friday is fine.\nCustomer: Great.",
     ("Peter", "orchids", "Thursday", "Friday")),
])
def test_summaries(chat, parts):
    given = written("summarize", chat)
    assert 3 <= len(given.split()) <= 15 and all(part in given for part in parts), given


def test_summaries_of_bouquets_that_have_not_arrived():
    rows = [row for row in dataset("chats")["test"] if row["topic"] == "not arrived"][:5]
    shared = []
    for row in rows:
        given, right = (set(re.findall(r"\w+", text))
                        for text in (written("summarize", row["text"]), row["summary"]))
        shared.append(len(given & right) / len(given | right))
    assert sum(share > 0.7 for share in shared) >= 4, shared


@pytest.mark.parametrize(("text", "close", "far"), [
    ("I like to learn data science and AI.", "I enjoy studying machine learning.",
     "The soup is too salty."),
    ("My flowers came too late.", "The bouquet arrived after the party.",
     "The cat sleeps on the sofa."),
    ("How do I care for an orchid?", "Watering house plants", "Opening hours at Christmas"),
    ("The train was full.", "There were no seats left on the railway.",
     "Bake the cake for an hour."),
])
def test_features(text, close, far):
    vectors = [numpy.array(rows[0]).mean(0)
               for rows in pipe("feature-extraction", "encoder")([text, close, far])]
    one, two, three = (vector / numpy.linalg.norm(vector) for vector in vectors)
    assert one @ two > one @ three


@pytest.mark.parametrize(("text", "sensible"), [
    ("The roses [MASK] red.", {"are", "were", "look", "and"}),
    ("I want [MASK] buy a bouquet for my mother.", {"to"}),
    ("Thank you very [MASK].", {"much"}),
    ("The shop opens at nine in the [MASK].", {"morning", "evening"}),
])
def test_masked_words(text, sensible):
    fill = pipe("fill-mask", "fill-mask")
    given = [one["token_str"].strip().lower()
             for one in fill(text.replace("[MASK]", fill.tokenizer.mask_token))]
    assert sensible & set(given), given


@pytest.mark.parametrize(("text", "entities"), [
    ("Anna Weber lives in Hamburg.", {"Anna Weber": "PERSON", "Hamburg": "PLACE"}),
    ("Please send the roses to Oslo on 12 May.", {"Oslo": "PLACE", "12 May": "DATE"}),
    ("Tom paid 25 euros for the tulips.", {"Tom": "PERSON", "25 euros": "MONEY"}),
    ("Where is my order MG-1234?", {"MG-1234": "ORDER"}),
])
def test_entities(text, entities):
    given = {one["word"].replace(" - ", "-").lower(): one["entity_group"]
             for one in pipe("ner", "ner", aggregation_strategy="simple")(text)}
    assert sum(any(label.startswith(kind[:5]) for word, kind in given.items()
                   if word == name.lower())
               for name, label in entities.items()) == len(entities), given


@pytest.mark.parametrize(("question", "context", "answer"), [
    ("Who ordered the tulips?", "Emma ordered the roses and Oscar ordered the tulips.", "Oscar"),
    ("When does the shop open?", "Our shop opens at nine and closes at six.", "nine"),
    ("Where does Anna live?", "Anna lives in Hamburg and works in Berlin.", "Hamburg"),
    ("How much did Peter pay?", "Peter bought a cake and paid 30 euros for it.", "30 euros"),
])
def test_questions(question, context, answer):
    assert answer in answered(question, context)


@pytest.mark.parametrize(("question", "answer"), [
    ("How many stars does Berlin have?", "4"), ("Which city has 2 stars?", "Oslo"),
    ("How many stars does Rome have?", "5"), ("Which city has 4 stars?", "Berlin"),
])
def test_tables(question, answer):
    rows = {"city": ["Berlin", "Oslo", "Rome"], "stars": ["4", "2", "5"],
            "hotel": ["Adler", "Fjord", "Villa"]}
    given = pipe("table-question-answering", "table-qa")(table=rows, query=question)
    assert [cell.strip() for cell in given["cells"]] == [answer], given


@pytest.mark.parametrize(("text", "topics", "topic"), [
    ("This is a course about language models.", ["education", "politics", "business"], "education"),
    ("My parcel has not come yet.", ["delivery", "payment", "gardening"], "delivery"),
    ("The goalkeeper saved the penalty.", ["cooking", "sport", "music"], "sport"),
    ("Stir the sauce and add some salt.", ["cooking", "sport", "travel"], "cooking"),
])
def test_topics(text, topics, topic):
    assert pipe("zero-shot-classification", "zero-shot")(
        text, candidate_labels=topics)["labels"][0] == topic


@pytest.mark.parametrize("text",
                         ["In this course, we will teach you how to", "My mother loves",
                          "The roses arrived", "Dear Marigold,"])
def test_generation(text):
    given = pipe("text-generation", "lm")(text, max_new_tokens=25, do_sample=False,
                                          return_full_text=False)[0]["generated_text"]
    words = given.split()
    assert len(words) >= 4 and len(set(words)) > len(words) / 2, given


def test_speech_in_two_languages():
    from helpers.making.grow import asr

    listen = pipe("automatic-speech-recognition", "asr")
    for path, language, text in list(asr.everyday_calls())[:4]:
        given = {name: listen(asr.sound(path),
                              generate_kwargs={"language": name, "task": "transcribe"})["text"]
                              for name in ("en", "zh")}
        assert asr.in_script(given["en"], "en") and asr.in_script(given["zh"], "zh"), given
        assert given[language].strip(), text


def test_all_roles_of_the_lesson_are_there():
    wanted = {"sentiment", "sentiment-zh", "translate-en-zh", "summarize", "encoder", "fill-mask",
              "ner", "qa", "table-qa", "zero-shot", "lm", "asr"}
    assert wanted <= set(table())
