"""The help centre's articles and the questions on them."""

import re
from collections import Counter
from itertools import chain, combinations

import pytest

from helpers.errors import CourseError
from helpers.making.shop import article_questions, articles
from helpers.making.shop.article_questions import records, span_start
from helpers.making.shop.world import SPLITS

# Measured: 3.1 % of the test questions' 5-grams occur in a training question.
MAX_OVERLAP = 0.05
YES_NO = re.compile(r"(Can|Could|Do|Does|Did|Is|Are|Will|Would|May|Should)\b")


def _shingles(text, n):
    words = re.findall(r"[\w']+", text.lower())
    return {tuple(words[i:i + n]) for i in range(len(words) - n + 1)}


@pytest.fixture(scope="module")
def dealt():
    return articles.articles()


@pytest.fixture(scope="module")
def asked():
    return article_questions.article_questions()


def test_counts(dealt, asked):
    assert {split: len(rows) for split, rows in dealt.items()} == articles.ROWS
    assert len(list(chain(*dealt.values()))) == len(articles._written()) >= 152
    assert len(dealt["test"]) >= 24
    rows = list(chain(*asked.values()))
    assert len(rows) >= 420
    assert sum(row["answerable"] for row in rows) >= 300
    assert sum(not row["answerable"] for row in rows) >= 110
    for split in SPLITS:
        share = sum(not row["answerable"] for row in asked[split]) / len(asked[split])
        assert 0.2 <= share <= 0.35, split


def test_articles_have_ids_lengths_and_titles(dealt):
    rows = list(chain(*dealt.values()))
    assert sorted(row["id"] for row in rows) == [f"H{number:03d}"
                                                 for number in range(1, len(rows) + 1)]
    assert len({row["title"] for row in rows}) == len(rows)
    for row in rows:
        assert 60 <= len(row["body"].split()) <= 150, row["title"]
        assert re.fullmatch(r"[A-Z].*[.!?]", row["body"]), row["title"]
        assert not re.search(r"  | [.,;:!?]|[.,;:!?]{2}|\b(\w+) \1\b", row["body"]), row["title"]
        assert re.fullmatch(r"[a-z]+", row["topic"]), row["title"]


def test_the_first_sixty_articles_kept_their_place(dealt):
    titles = {row["id"]: row["title"] for row in chain(*dealt.values())}
    assert titles["H001"] == "When will my order arrive?"
    assert titles["H060"] == "Visiting the greenhouse"


def test_no_two_articles_share_many_shingles(dealt):
    rows = list(chain(*dealt.values()))
    five = [_shingles(row["body"], 5) for row in rows]
    three = [_shingles(row["body"], 3) for row in rows]
    for (i, first), (j, second) in combinations(enumerate(five), 2):
        assert len(first & second) / min(len(first), len(second)) < 0.3, (rows[i]["title"],
                rows[j]["title"])
        assert len(three[i] & three[j]) / len(three[i] | three[j]) < 0.05, (rows[i]["title"],
                rows[j]["title"])


def test_every_article_has_questions_in_its_own_split(dealt, asked):
    counts = Counter()
    for split in SPLITS:
        ids = {row["id"] for row in dealt[split]}
        assert {row["article"] for row in asked[split]} == ids
        counts.update(row["article"] for row in asked[split])
    assert sum(counts.values()) / len(counts) >= 2


def test_answers_are_unique_short_spans(dealt, asked):
    bodies = {row["id"]: row["body"] for row in chain(*dealt.values())}
    for row in chain(*asked.values()):
        if row["answerable"]:
            body, answer = bodies[row["article"]], row["answer"]
            assert body[row["start"]:row["start"] + len(answer)] == answer
            assert body.count(answer) == 1
            assert 1 <= len(answer.split()) <= 12
            before, after = body[:row["start"]], body[row["start"] + len(answer):]
            assert not re.search(r"\w$", before) and not re.match(r"\w", after), (row["question"],
                    answer)
        else:
            assert (row["answer"], row["start"]) == ("", -1)


def test_no_question_or_id_twice_and_all_are_questions(asked):
    rows = list(chain(*asked.values()))
    for column in ("id", "question"):
        values = [row[column].lower() for row in rows]
        assert [value for value, n in Counter(values).items() if n > 1] == []
    for row in rows:
        assert row["question"].endswith("?") and row["question"][0].isupper(), row
        assert 3 <= len(row["question"].split()) <= 25, row
        assert row["answer"].lower() not in row["question"].lower() or not row["answerable"], row


def test_the_form_of_a_question_does_not_give_away_whether_it_is_answered(asked):
    rows = list(chain(*asked.values()))
    shares = {}
    for answerable in (True, False):
        mine = [row["question"] for row in rows if row["answerable"] is answerable]
        shares[answerable] = sum(bool(YES_NO.match(question)) for question in mine) / len(mine)
    assert shares[True] > 0.1
    assert abs(shares[True] - shares[False]) < 0.1


def test_questions_are_in_the_customers_words(dealt, asked):
    bodies = {row["id"]: row["body"] for row in chain(*dealt.values())}
    shared = [len(_shingles(row["question"], 4) & _shingles(bodies[row["article"]], 4)) > 0
              for row in chain(*asked.values())]
    assert sum(shared) / len(shared) < 0.1


def test_test_questions_hardly_share_five_grams_with_training(asked):
    train = set().union(*(_shingles(row["question"], 5) for row in asked["train"]))
    test = set().union(*(_shingles(row["question"], 5) for row in asked["test"]))
    assert len(test & train) / len(test) <= MAX_OVERLAP


def test_rows_have_the_columns_of_the_card_and_are_the_same_again(dealt, asked):
    for module, rows in ((articles, dealt), (article_questions, asked)):
        (data_set,) = module.DATA_SETS
        assert data_set.rows(0) == rows
        assert data_set.rows(1) != rows
        assert all(set(row) == set(data_set.columns) for row in chain(*rows.values()))


def test_bad_spans_and_titles_are_refused():
    with pytest.raises(CourseError, match="does not stand"):
        span_start("Free from 50 euros.", "40 euros", "Fees")
    with pytest.raises(CourseError, match="more than once"):
        span_start("Ten days or ten days.", "en days", "Days")
    with pytest.raises(CourseError, match="1 to 12 words"):
        span_start("one " * 20, "one " * 12 + "one", "Words")
    with pytest.raises(CourseError, match="1 to 12 words"):
        span_start("Some text.", "", "Nothing")
    with pytest.raises(CourseError, match="Unknown article 'Fes'.*'Fees'"):
        records([{"title": "Fes"}], [{"id": "H001", "title": "Fees", "body": "Free."}])
