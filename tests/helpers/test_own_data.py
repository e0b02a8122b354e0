"""The reader's own file: what comes out is what went in, or a refusal with line and remedy."""

import datetime
import gzip
import io
import json
import os
from pathlib import Path

import numpy as np
import pandas
import pytest

import helpers
from helpers import CourseError, datasets, own_data
from helpers.own import place

BOTH = ("text", "label")


@pytest.fixture
def own(tmp_path, capsys):
    """Write a file of the reader's and read it; return the frame and the lines printed."""

    def read(content, columns=BOTH, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        frame = own_data(path, columns)
        return frame, capsys.readouterr().out.splitlines()

    return read


def pairs(frame):
    """Return (text, label) of each row, None where a value is missing."""
    return [
        tuple(None if value != value else value for value in row)
        for row in frame[list(BOTH)].itertuples(index=False)
    ]


TWO = [("good", "1"), ("bad", "0")]
ROWS = '[{"text": "good", "label": 1}, {"text": "bad", "label": 0}]'


# Formats


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,label\ngood,1\nbad,0\n"),
        ("A.CSV", "text,label\r\ngood,1\r\nbad,0"),
        ("a.csv", "text,label\rgood,1\rbad,0\r"),
        ("a.csv", "text,label\ngood,1\r\nbad,0\n\n\n"),
        ("a.csv", "\ntext,label\n\ngood,1\n   \nbad,0\n"),
        ("a.csv", '"text","label"\n"good","1"\n"bad","0"\n'),
        ("a.tsv", "text\tlabel\ngood\t1\nbad\t0\n"),
        ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad", "label": 0}\n'),
        ("a.ndjson", '{"text": "good", "label": 1}\n\n{"text": "bad", "label": 0}'),
        ("a.json", '[{"text": "good", "label": 1}, {"text": "bad", "label": 0}]'),
        ("a.json", '{"text": ["good", "bad"], "label": [1, 0]}'),
        ("a.json", '{"text": {"0": "good", "1": "bad"}, "label": {"1": 0, "0": 1}}'),
        ("a.json", '{"columns": ["text", "label"], "data": [["good", 1], ["bad", 0]]}'),
        ("a.json", '{"a": {"text": "good", "label": 1}, "b": {"text": "bad", "label": 0}}'),
    ],
)
def test_common_formats_are_read_without_a_word(own, name, content):
    frame, printed = own(content, name=name)
    assert pairs(frame) == TWO and not printed
    assert list(frame.columns) == list(BOTH)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "text;label\ngood;1\nbad;0\n", "separated by semicolons"),
        ("a.csv", "text\tlabel\ngood\t1\nbad\t0\n", "separated by tabs"),
        ("a.csv", "text|label\ngood|1\nbad|0\n", "separated by vertical bars"),
        ("a.tsv", "text,label\ngood,1\nbad,0\n", "separated by commas"),
        ("a.csv", "sep=;\ntext;label\ngood;1\nbad;0\n", "separated by semicolons"),
        ("a.csv", '"sep=,"\r\ntext,label\r\ngood,1\r\nbad,0\r\n', "separated by commas"),
        ("a.csv", "SEP=^\ntext^label\ngood^1\nbad^0\n", "separated by '^'"),
        ("a.csv", "text,label,\ngood,1,\nbad,0,\n", "make no column"),
        ("a.csv", "text,label\ngood,1,\nbad,0,\n", "make no column"),
        ("a.csv", "text,label,\ngood,1\nbad,0\n", "make no column"),
        ("a.csv", "text;label;;\ngood;1;;\nbad;0;;\n", "make no column"),
        ("a.csv", " text ,label\ngood,1\nbad,0\n", "' text ' is called 'text'"),
        ("a.json", '{"text": "good", "label": 1}\n{"text": "bad", "label": 0}', "JSON Lines"),
        ("a.jsonl", '[{"text": "good", "label": 1},\n {"text": "bad", "label": 0}]', "JSON list"),
        ("a.jsonl", '{"text": "good", "label": 1},\n{"text": "bad", "label": 0},\n', "commas"),
        ("a.json", '[{"text": "good", "label": 1}, {"text": "bad", "label": 0},]', "commas"),
        ("a.json", f'{{"v": 2, "rows": {ROWS}}}', "the objects in 'rows'"),
        ("a.json", f'{{"data": {ROWS}}}', "the objects in 'data'"),
        ("a.json", f'{{"data": {ROWS}, "errors": []}}', "the objects in 'data'"),
    ],
)
def test_what_is_assumed_is_printed(own, name, content, words):
    frame, printed = own(content, name=name)
    assert pairs(frame) == TWO and list(frame.columns) == list(BOTH)
    assert any(words in line for line in printed)
    assert all(line.startswith(f"{name}: ") for line in printed)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.GZ", "a.csv"])
def test_a_packed_file_is_unpacked(own, name):
    frame, printed = own(gzip.compress(b"text,label\ngood,1\nbad,0\n"), name=name)
    assert pairs(frame) == TWO and not printed


def test_it_stands_beside_the_courses_own_data():
    assert datasets.own_data is own_data is helpers.own_data


def test_one_row_and_one_column_are_a_table(own):
    assert own("text\nhello\n", ["text"])[0]["text"].tolist() == ["hello"]
    assert own("text\n01\n", "text")[0]["text"].tolist() == ["01"]
    assert own('{"text": "hello"}', ("text",), "a.json")[0]["text"].tolist() == ["hello"]
    assert own('{"text": ["a", "b"]}', (), "a.jsonl")[0]["text"].tolist() == [["a", "b"]]


def test_a_blank_line_is_no_row_and_a_quoted_nothing_is(own):
    frame, printed = own('text\na\n\n""\nb\n', ("text",))
    assert frame["text"].isna().tolist() == [False, True, False]
    assert "blank lines, such as line 3, are no rows" in printed[0]
    assert "column 'text' is empty in 1 of 3 rows, the first in line 4" in printed[1]


# Quotation marks


def test_texts_that_open_a_quotation_mark_in_a_tsv_swallow_no_rows(own):
    texts = [f"text {number}" for number in range(60)]
    texts[10], texts[33] = '"Wow" it said', '"twelve inches'
    lines = "".join(f"{text}\t{number % 3}\n" for number, text in enumerate(texts))
    frame, printed = own("text\tlabel\n" + lines, name="a.tsv")
    assert pairs(frame) == [(text, str(number % 3)) for number, text in enumerate(texts)]
    assert "quotation marks don't close: each line is a row" in printed[0]


@pytest.mark.parametrize("end", ['ends so"', '12"', '"'])
def test_a_mark_that_another_row_happens_to_close_swallows_none_either(own, end):
    texts = [f"text {number}" for number in range(60)]
    texts[10], texts[33] = '"Wow', end
    rows = [(text, str(number % 3)) for number, text in enumerate(texts)]
    frame, _ = own("text\tlabel\n" + "".join("\t".join(row) + "\n" for row in rows), name="a.tsv")
    assert pairs(frame) == rows
    with pytest.raises(CourseError, match=r"a.csv, line 12: a quotation mark .* line 35 closes"):
        own("text,label\n" + "".join(",".join(row) + "\n" for row in rows))


def test_many_rows_that_a_mark_joins_are_told_by_their_number(own):
    rows = [[f"question {number}", f"answer {number}"] for number in range(20)]
    rows[3][0], rows[8][0] = '"Well', 'how long is 12"'
    with pytest.raises(CourseError, match="line 5: a quotation mark .* line 10 closes"):
        own("text,label\n" + "".join(",".join(row) + "\n" for row in rows))


def test_two_rows_that_a_mark_joins_are_told_by_their_labels(own):
    rows = "".join(f"text {number},{'good' if number % 2 else 'bad'}\n" for number in range(20))
    with pytest.raises(CourseError, match="line 22: a quotation mark .* line 23 closes"):
        own("text,label\n" + rows + '"Wow,good\nabout 12",bad\n')
    with pytest.raises(CourseError, match="line 4: a quotation mark .* line 5 closes"):
        own('label,text\n1,so\n2,la\n3,"la\n4,12"\n')


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.csv", 'text,label\n"one, two",good\n', ["one, two"]),
        ("a.csv", 'text,label\n"one, two\nthree",good\nno,bad\n', ["one, two\nthree", "no"]),
        ("a.csv", 'text,label\n"a\nb\nc\nd\ne",x\n', ["a\nb\nc\nd\ne"]),
        ("a.csv", 'text,label\n"a\n\nb, c\r\nd",x\n"e",y\n', ["a\n\nb, c\r\nd", "e"]),
        ("a.csv", 'text,label,note\n"so, on,\nno",x,\nb,y,\n', ["so, on,\nno", "b"]),
        ("a.csv", 'text,label\n"say ""hi""",x\n', ['say "hi"']),
        ("a.csv", 'text,label\n" ""hi"", he said",x\n', [' "hi", he said']),
        ("a.csv", 'text,label\na 12" pipe,x\n', ['a 12" pipe']),
        ("a.csv", "text,label\nit's 'so',x\n", ["it's 'so'"]),
        ("a.tsv", 'text\tlabel\n"one\ttwo"\tx\n', ["one\ttwo"]),
        ("a.tsv", 'text\tlabel\n"one\ntwo"\tx\n', ["one\ntwo"]),
        ("a.tsv", 'text\tlabel\n"say ""hi"""\tx\n', ['say "hi"']),
        ("a.csv", "text;label\n\"a; b\";x\nc, d;y\n", ["a; b", "c, d"]),
        ("a.csv", 'text,label\n"a\x0bb\x85c\u2028d",x\n', ["a\x0bb\x85c\u2028d"]),
    ],
)
def test_quoted_texts_come_out_whole(own, name, content, texts):
    assert own(content, name=name)[0]["text"].tolist() == texts


def test_a_text_of_several_lines_that_might_be_rows_is_told(own):
    _, printed = own('text,label\n"one, two\nthree",good\nfour,bad\n')
    assert printed == ["a.csv: lines 2 to 3 are one row: a text in quotation marks."]


def test_a_long_field_is_no_trouble_and_leaves_the_limit_alone(own):
    import csv

    text = "long " * 100_000
    assert own(f"text,label\n{text},x\n")[0]["text"][0] == text
    assert csv.field_size_limit() == 131_072


# Rows with other numbers of fields


def test_lines_that_end_in_a_comma_shift_no_column(own):
    frame, printed = own(
        "text,label,note\ngood,pos,a,\nbad,neg,b,\nso,so,,\n", ("text", "label", "note")
    )
    assert frame["note"].tolist()[:2] == ["a", "b"] and frame["note"].isna()[2]
    assert pairs(frame) == [("good", "pos"), ("bad", "neg"), ("so", "so")]
    assert "ends of the lines make no column" in printed[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label,note\na,x,1,\nb, really,y,2,\nc,z,3,\n", "line 3: 5 fields.* has 3"),
        ("text,label,note\na,x,\nb, really,y,\nc,z,\n", "line 3: 4 fields.*quotation marks around"),
        ("text,label\na,x\nb,y,\n", "line 3: 3 fields"),
        ("text,label,note\na,x\nb,y\n", "line 2: 2 fields.*Is a delimiter missing"),
        ("text,label\na,x\nb\n", "line 3: 1 fields.*Is a delimiter missing"),
        ("text,label\n1,good,pos\n2,bad,neg\n", "line 2: 3 fields"),
        ("text\nhello, world\n", "line 2: 2 fields.*has 1"),
        ("Report of May\n\ntext,label\na,x\n", r"line 3: 2 fields.*line 1 has 1 \(Report of May\)"),
        ("sep=;\ntext;label\na;x\nb;y;z\n", "line 4: 3 fields"),
        ('text,label\n"a\nb",x\nc,y,z\n', "line 4: 3 fields"),
        ("text,label,label\na,x,y\n", "columns 2 and 3 are both called 'label'. Rename"),
        ("text,label, label \na,x,y\n", "columns 2 and 3 are both called 'label'"),
        ('text,label\n"a,x\nb,y\n', "line 2: a quotation mark in this row is never closed"),
        ('text,label\na,x\n"b"c,y\n', "line 3: a quotation mark in this row closes in mid-text"),
        ('text,label\n"so \\"b\\" c",y\n', "line 2: .*write each mark twice"),
        ('text, label\na, "x, y"\n', "line 2: (3 fields|a quotation mark stands behind a blank)"),
        ('text, label\na, "x"\n', "line 2: a quotation mark stands behind a blank"),
        ("text,x;label\na,b;c\nd,e;f\n", "separated by commas or semicolons.*sep=,"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_line(own, content, words):
    with pytest.raises(CourseError, match=f"a.csv(, |: ).*{words}"):
        own(content, ())


def test_the_columns_asked_for_tell_the_delimiter(own):
    content = "size, cm;weight, kg;label\n1,5;2,5;a\n2,5;3,0;b\n"
    frame, _ = own(content, ("label",))
    assert frame["size, cm"].tolist() == [1.5, 2.5] and frame["label"].tolist() == ["a", "b"]


def test_a_quoted_tsv_with_one_loose_mark_is_refused(own):
    with pytest.raises(CourseError, match="a.tsv, line 3: a quotation mark"):
        own('text\tlabel\n"say ""hi"""\tx\n"loose\ty\n', name="a.tsv")


# Labels and texts as they stand


SPELLINGS = ["1_1", "01", "1e5", "+1", "1.0", "1", "NA", "null", "None", "nan", "N/A", "True", "",
             "2024-01-01", "1,000", " x", "-0", "inf", "0x1F", "12345678901234567890"]


def test_a_label_is_text_as_it_stands_in_the_file(own):
    import csv

    file = io.StringIO()
    csv.writer(file).writerows([BOTH, *(("t", each) for each in SPELLINGS)])
    frame, printed = own(file.getvalue())
    assert pairs(frame) == [("t", each or None) for each in SPELLINGS]
    assert frame["label"].dtype == "str"
    assert printed == ["a.csv: column 'label' is empty in 1 of 20 rows, the first in line 14."]


def test_a_label_that_is_a_number_in_json_is_as_it_stands_there(own):
    spelled = ["1", "1.0", "1e5", "-0", "12345678901234567890123", "true", "false", '"01"']
    rows = "".join(f'{{"text": "t", "label": {each}}}\n' for each in [*spelled, "null", "NaN"])
    frame, _ = own(rows, name="a.jsonl")
    assert pairs(frame) == [("t", each.strip('"')) for each in spelled] + [("t", None)] * 2


def test_a_label_with_a_gap_stays_a_whole_number(own):
    assert pairs(own("text,label\na,1\nb,\nc,3\n")[0]) == [("a", "1"), ("b", None), ("c", "3")]


# Numbers


@pytest.mark.parametrize(
    ("values", "dtype", "wanted"),
    [
        (["1", "2", "-3"], "int64", [1, 2, -3]),
        (["1", "", "3"], "Int64", [1, None, 3]),
        (["9007199254740993", "1"], "int64", [9007199254740993, 1]),
        (["1.5", "2", "-.5"], "float64", [1.5, 2.0, -0.5]),
        (["1.5", "", "5e-05"], "float64", [1.5, None, 5e-05]),
        ([" 1", "2 "], "int64", [1, 2]),
        (["1", "NA", "3"], "Int64", [1, None, 3]),
        (["1.5", "?", " "], "float64", [1.5, None, None]),
    ],
)
def test_plain_numbers_become_numbers(own, values, dtype, wanted):
    frame, _ = own("text,n\n" + "".join(f"t,{value}\n" for value in values), ("text",))
    assert str(frame["n"].dtype) == dtype
    assert [None if pandas.isna(one) else one for one in frame["n"]] == wanted


@pytest.mark.parametrize(
    "values",
    [
        ["01", "02"],
        ["1_1", "2_1"],
        ["+1", "+2"],
        ["1e5", "2e5"],
        ["1", "2x"],
        ["1,000", "2,000"],
        ["1,5", "2,5"],
        ["True", "False"],
        ["2024-01-01", "2024-01-02"],
        ["NA", "DE"],
        ["NA", ""],
        ["9007199254740993", "1.5"],
        ["12345678901234567890", "1"],
        ["١", "٢"],
        ["1.2.3", "1.2.4"],
        ["0x1F", "1"],
    ],
)
def test_what_a_number_would_change_stays_text(own, values):
    quoted = "".join(f't,"{value}"\n' for value in values)
    frame, _ = own("text,n\n" + quoted, ("text",))
    assert frame["n"].dtype == "str"
    assert [None if one != one else one for one in frame["n"]] == [one or None for one in values]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1", "NA", "3"], "column 'n' holds numbers; 'NA' (line 3; 1 in all) is read as missing"),
        (["1", "2", "about 3"], "column 'n' stays text, since 'about 3' (line 4) is no plain"),
        (["1,000", "2,000"], "column 'n' stays text, since '1,000' (line 2) is no plain number"),
        (["12'000.50", "1"], "column 'n' stays text, since \"12'000.50\" (line 2)"),
        (["1.234.567", "a"], "column 'n' stays text, since '1.234.567' (line 2)"),
        (["12345678901234567890", "1"], "has more digits than a number can keep"),
    ],
)
def test_a_column_that_is_nearly_numbers_is_told(own, values, words):
    rows = "".join(f't,"{value}"\n' for value in values)
    assert words in own("text,n\n" + rows, ("text",))[1][0]


def test_decimal_commas_are_read_where_they_can_be_nothing_else(own):
    frame, printed = own("text;n\na;1,5\nb;2\nc;1,234\n", ("text",))
    assert frame["n"].tolist() == [1.5, 2.0, 1.234]
    assert "column 'n' has decimal commas" in printed[1]
    frame, printed = own("text;n\na;1,234\nb;2,345\n", ("text",))
    assert frame["n"].tolist() == ["1,234", "2,345"] and "stays text" in printed[1]


@pytest.mark.parametrize("value", ["inf", "-Infinity", "INF", "9e+999"])
def test_an_infinite_number_is_refused_with_its_line(own, value):
    with pytest.raises(CourseError, match=r"a.csv, line 3: column 'n' holds .*infinite number"):
        own(f"text,n\na,1\nb,{value}\n", ("text",))


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "1e999", "1" * 5000])
def test_an_infinite_number_in_json_is_refused(own, value):
    with pytest.raises(CourseError, match="a.jsonl, line 2: column 'n' holds .*infinite number"):
        own(f'{{"text": "a", "n": 1}}\n{{"text": "b", "n": {value}}}', ("text",), "a.jsonl")


def test_json_values_keep_their_types(own):
    columns = {
        "text": ["a", "b", "c"],
        "n": [1, None, 3],
        "m": [1, 2, 2**53 + 1],
        "x": [1, 2.5, None],
        "yes": [True, False, True],
        "maybe": [None, True, False],
        "code": ["01", "1", "1.0"],
        "big": [2**70, 1, 2],
        "mixed": [2**53 + 1, 0.5, 1],
        "any": [1, "a", True],
    }
    rows = [dict(zip(columns, row)) for row in zip(*columns.values())]
    frame, printed = own("\n".join(map(json.dumps, rows)), ("text",), "a.jsonl")
    kinds = ["str", "Int64", "int64", "float64", "bool", "boolean", "str", *["object"] * 3]
    assert [str(kind) for kind in frame.dtypes] == kinds and not printed
    values = {
        name: [None if pandas.isna(value) else value for value in frame[name]] for name in frame
    }
    assert values == columns


def test_lists_are_refused_where_a_text_is_needed_and_told_elsewhere(own):
    content = '{"text": "a", "label": 1}\n{"text": "b", "label": ["x"], "meta": {"n": 1.5}}'
    with pytest.raises(CourseError, match="a.jsonl, line 2: column 'label' holds a list"):
        own(content, name="a.jsonl")
    frame, printed = own(content, ("text",), "a.jsonl")
    assert frame["meta"][1] == {"n": 1.5} and "'meta' holds lists or objects" in printed[-1]


# JSON


def test_keys_that_differ_are_columns_with_gaps(own):
    frame, printed = own('{"text": "a", "x": 1}\n{"label": "l", "text": "b"}', name="a.jsonl")
    assert list(frame.columns) == ["text", "x", "label"]
    assert pairs(frame) == [("a", None), ("b", "l")]
    assert printed == ["a.jsonl: column 'label' is empty in 1 of 2 rows, the first in line 1."]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{not json", "line 1: can't be read as json"),
        ('{"text": "a", "label": 1}\n{"text": "b"', "line 2: can't be read as json.*cut off"),
        ('{"text": "a", "label": 1}\n{"text": "b,\n"label": 2}', "line 2: can't be read as json"),
        ('{"text": "a", "label": 1,}', "line 1: can't be read as json.*comma too many"),
        ("{'text': 'a'}", "line 1: .*double quotation marks"),
        ('[{"text": "a"},\n{"text": "b"}', "line 2: .*the list is not closed"),
        ('[{"text": "a"}\n{"text": "b"}]', "line 2: .*a comma is missing"),
        ('[{"text": "a"},,\n{"text": "b"}]', "line 1: can't be read as json"),
        ('[{"text": "a"}]\n[{"text": "b"}]', "line 1: .*isn't all of the file"),
        ('{"text": "a", "label": 1, "text": "b"}', "line 1 on: .*the key 'text' twice"),
        ('{"text": "a"}\n["b"]', "line 2: a list is no row"),
        ('["a",\n"b"]', "line 1: 'a' is no row"),
        ('{"text": ["a", "b"], "label": [1]}', "'text' 2, 'label' 1"),
        ('{"text": {"0": "a"}, "label": {"1": 1}}', "'label' has other rows"),
        ('{"columns": ["text", "label"], "data": [["a", 1], ["b"]]}', "row 2: not 2 values"),
        ('{"text": "a", "label": {"x": 1}}', "no table. Write a list"),
        ('{"text": "a", " text": "b"}', "both called 'text'"),
        ('[{"text": "\\ud83d", "label": 1}]', "line 1: column 'text' holds half a character"),
        ("[" * 100_000, "can't be read as json"),
        ("[]", "a.json holds no rows"),
        ("{}", "a.json holds no rows"),
    ],
)
def test_json_that_is_no_table_is_refused(own, content, words):
    with pytest.raises(CourseError, match=words):
        own(content, name="a.json")


# Parquet


def test_parquet_keeps_types_and_labels_as_they_are(own, tmp_path):
    when = datetime.datetime(2024, 5, 1, 12, 30)
    table = pandas.DataFrame(
        {
            "text": ["a", "b", None],
            "label": pandas.array([1, None, 3], dtype="Int64"),
            "n": pandas.array([2**60 + 1, None, 3], dtype="Int64"),
            "x": [0.5, np.nan, 2.0],
            "when": [when] * 3,
            "kind": pandas.Categorical(["u", "v", "u"]),
        }
    )
    path = tmp_path / "t.parquet"
    table.to_parquet(path)
    frame, _ = own(path.read_bytes(), name="a.parquet")
    assert pairs(frame) == [("a", "1"), ("b", None), (None, "3")]
    assert str(frame["n"].dtype) == "Int64" and frame["n"][0] == 2**60 + 1
    assert frame["when"][0] == when and frame["kind"].tolist() == ["u", "v", "u"]
    assert str(frame["x"].dtype) == "float64" and frame["x"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("index", "columns"),
    [
        (None, ["text"]),
        (pandas.Index([5, 7]), ["text"]),
        (pandas.Index(["u", "v"], name="id"), ["text", "id"]),
        (pandas.Index(["u", "v"]), ["text", "__index_level_0__"]),
    ],
)
def test_the_index_of_a_parquet_file_is_a_column_where_it_says_something(own, index, columns):
    file = io.BytesIO()
    pandas.DataFrame({"text": ["a", "b"]}, index=index).to_parquet(file)
    frame, _ = own(file.getvalue(), ("text",), "a.parquet")
    assert list(frame.columns) == columns and frame.index.tolist() == [0, 1]


def test_half_a_character_is_refused_in_any_column(own):
    with pytest.raises(CourseError, match="a.jsonl, line 1: column 'x' holds half a character"):
        own('{"text": "a", "x": "\\ud83d"}', ("text",), "a.jsonl")


def test_a_broken_parquet_file_and_infinity_in_one_are_refused(own):
    with pytest.raises(CourseError, match="a.parquet can't be read as parquet"):
        own(b"PAR1 no more", name="a.parquet")
    file = io.BytesIO()
    pandas.DataFrame({"text": ["a", "b"], "x": [1.0, np.inf]}).to_parquet(file)
    with pytest.raises(CourseError, match="a.parquet, row 2: column 'x' holds inf"):
        own(file.getvalue(), ("text",), "a.parquet")


# Encodings


GERMAN = "text,label\nschöne Grüße für 5 €,gut\n„Übel“ – naja…,schlecht\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings_are_told_apart(own, encoding):
    frame, printed = own(GERMAN.encode(encoding))
    assert pairs(frame) == [("schöne Grüße für 5 €", "gut"), ("„Übel“ – naja…", "schlecht")]
    assumed = {"utf-16-le": "UTF-16-LE", "utf-16-be": "UTF-16-BE", "cp1252": "Windows-1252"}
    assert [assumed.get(encoding, "") in line for line in printed] == [True] * (encoding in assumed)


@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_utf_16_without_western_letters_is_read(own, mark):
    text = mark + "text,label\n非常好,好\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        assert pairs(own(text.encode(encoding))[0]) == [("非常好", "好")]


WESTERN = [
    "C’est très bien, l’été à la plage… coûte 5 €. Œuvre gâchée, « nul ». CRÉÉE",
    "¿Qué tal? ¡Muy bien! El niño comió piña en la región. ¡Él!",
    "Não gostei das ações; põe a informação. Irmã",
    "Perché è così? La città, più",
    "Rødgrød med fløde på ærø. Räksmörgås åt på ön",
    "I don’t think it’s “great” – it costs £5 at 20°C, 3 m², ½ naïve café… word—word",
]


@pytest.mark.parametrize("text", WESTERN)
def test_western_text_is_read_as_windows_1252(own, text):
    frame, printed = own(f'text,label\n"{text}",x\n'.encode("cp1252"))
    assert frame["text"].tolist() == [text] and "read as Windows-1252, such as" in printed[0]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Był sobie, że już są jesteśmy"),
        ("cp1250", "Příliš žluťoučký kůň"),
        ("cp1250", "Nagyon jó a főzés"),
        ("cp1250", "aşa şi ţara"),
        ("cp1251", "Очень хорошо"),
        ("cp1251", "как"),
        ("koi8-r", "Очень хорошо"),
        ("koi8-r", "Да"),
        ("cp1253", "Πολύ καλό"),
        ("cp1254", "Çok güzel değil"),
        ("cp1255", "טוב מאוד"),
        ("cp1256", "جيد جدا"),
        ("cp1257", "žmonės"),
        ("cp1258", "râ\u0301t tô\u0301t"),
        ("cp874", "ดีมาก"),
        ("shift_jis", "とても良い"),
        ("euc_jp", "とても良い"),
        ("gbk", "非常好"),
        ("gbk", "好"),
        ("gbk", "澹"),
        ("big5", "非常好"),
        ("euc_kr", "아주 좋아요"),
        ("mac_roman", "Bäume für Köln"),
        ("mac_roman", "¿Qué tal? El niño"),
        ("cp850", "Bäume für Köln"),
        ("cp850", "l'été"),
        ("cp850", "schön"),
        ("mac_roman", "groß"),
    ],
)
def test_what_is_not_surely_windows_1252_is_refused_with_the_remedy(own, encoding, text):
    content = f"text,label\nplain,x\n{text},y\n".encode(encoding)
    with pytest.raises(CourseError, match="a.csv, line 3: not UTF-8, .*iconv -f ENCODING"):
        own(content)


def test_a_file_of_two_encodings_is_refused(own):
    content = "text,label\nCafé,x\n".encode() + "Übel,y\n".encode("cp1252")
    with pytest.raises(CourseError, match="a.csv, line 2: not UTF-8"):
        own(content)
    with pytest.raises(CourseError, match="line 2: not UTF-16-LE, as which the file begins"):
        own("\ufefftext,label\na,".encode("utf-16-le") + b"\x00")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"text,label\na,x\nb\0c,y\n", 3),
        (b"text,label\na,x\nb\0\xe9,y\n", 3),
        (b"text,label\na\n\0bcd,ye", 3),  # as UTF-16 it would have a line end, but no comma
        (b"text,\0label\na,bc", 1),  # and this a comma, but no line end
    ],
)
def test_a_nul_character_is_refused_with_its_line(own, content, line):
    with pytest.raises(CourseError, match=f"a.csv, line {line}: a NUL character"):
        own(content)


# What is no table at all


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "body,label\na,1\n", "a.csv has no column 'text'; it has body, label. The first"),
        ("a.jsonl", '{"body": 1}', "a.jsonl has no column 'text', 'label'; it has body.$"),
        ("a.csv", "text,label\n", "a.csv holds no rows"),
        ("a.csv", "text,label\na,\nb,\n", "column 'label' is empty in all of the 2 rows"),
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", " \n\n", "a.csv is empty"),
        ("a.csv", "\ufeff\n", "a.csv is empty"),
        ("a.csv", "sep=;\n", "a.csv is empty"),
        ("a.json", "", "a.json is empty"),
        ("a.xlsx", "x", "Unknown file ending '.xlsx'.*CSV UTF-8"),
        ("a", "x", "Unknown file ending ''"),
        ("a.csv", b"PK\x03\x04xxxx", "an Excel workbook"),
        ("a.csv", b"\xd0\xcf\x11\xe0xxxx", "an old Excel workbook"),
        ("a.json", b"PAR1xxxx", "a Parquet file. Name it so"),
        ("a.csv", "\n<!DOCTYPE html><html>", "a web page"),
        ("a.csv.gz", gzip.compress(b"text,label\na,x\n", mtime=0)[:-9], "is cut off or damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(own, name, content, words):
    with pytest.raises(CourseError, match=words):
        own(content, name=name)


def test_a_nameless_column_is_called_as_pandas_calls_it(own):
    frame, printed = own(",text,label\n0,good,1\n1,bad,0\n")
    assert list(frame.columns) == ["Unnamed: 0", "text", "label"] and pairs(frame) == TWO
    assert printed == ["a.csv: column 1 has no name; it is called 'Unnamed: 0' here."]


# Where the file is


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A clone with a folder of notebooks, and a kernel that runs in it."""
    notebooks = tmp_path / "clone" / "notebooks"
    notebooks.mkdir(parents=True)
    monkeypatch.setattr(place, "REPOSITORY", notebooks.parent)
    monkeypatch.chdir(notebooks)
    monkeypatch.setenv("HOME", str(tmp_path))
    return notebooks.parent, notebooks


def write(folder, text="here"):
    (folder / "mine.csv").write_text(f"text,label\n{text},1\n", encoding="utf-8")


def test_a_path_means_the_notebooks_folder_then_the_clone(folders, capsys):
    clone, notebooks = folders
    write(clone, "clone")
    assert own_data("mine.csv")["text"].tolist() == ["clone"]
    assert capsys.readouterr().out == f"mine.csv: taken from the clone, {clone}.\n"
    (notebooks / "mine.csv").symlink_to(clone / "mine.csv")
    assert own_data("mine.csv")["text"].tolist() == ["clone"] and not capsys.readouterr().out
    (notebooks / "mine.csv").unlink()
    write(notebooks, "notebook")
    assert own_data("mine.csv")["text"].tolist() == ["notebook"]
    assert (
        capsys.readouterr().out
        == f"mine.csv: taken from {notebooks}; there is another in {clone}.\n"
    )
    assert own_data("../mine.csv")["text"].tolist() == ["clone"] and not capsys.readouterr().out
    assert (
        own_data(clone / "mine.csv")["text"].tolist() == ["clone"] and not capsys.readouterr().out
    )


def test_a_tilde_is_the_readers_home(folders, tmp_path):
    write(tmp_path, "home")
    assert own_data("~/mine.csv")["text"].tolist() == ["home"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing.csv", "There is no file 'missing.csv' in .*notebooks or .*clone"),
        ("Mine.CSV", "no file 'Mine.CSV' in .*, but 'mine.csv'"),
        ("minee.csv", "but 'mine.csv'"),
        ("no/such/folder.csv", "There is no file 'folder.csv'"),
        (".", "is a folder. Give the path of a file"),
        ("https://example.org/a.csv", "is an address. Download the file"),
        ("~nobody-of-this-name/a.csv", "home folder in ~nobody-of-this-name/a.csv isn't known"),
        ("a\0.csv", "There is no file"),
    ],
)
def test_a_path_without_a_file_is_named(folders, path, words):
    write(folders[0])
    with pytest.raises(CourseError, match=words):
        own_data(path)


def test_a_file_that_may_not_be_read_is_named(folders, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    write(folders[1])
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CourseError, match="mine.csv can't be read: Permission denied"):
        own_data("mine.csv")


def test_a_command_takes_the_folder_in_which_it_was_typed(folders, tmp_path, monkeypatch):
    clone, notebooks = folders
    write(tmp_path, "typed")
    write(notebooks, "another")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_OWN_DATA", "mine.csv")
    place.settle()
    monkeypatch.chdir(notebooks)
    assert own_data(os.environ["COURSE_OWN_DATA"])["text"].tolist() == ["typed"]
    monkeypatch.setenv("COURSE_OWN_DATA", "~/mine.csv")
    place.settle()
    assert os.environ["COURSE_OWN_DATA"] == str(tmp_path / "mine.csv")
    monkeypatch.chdir(clone)
    monkeypatch.setenv("COURSE_OWN_DATA", "mine.csv")
    with pytest.raises(CourseError, match=f"There is no file 'mine.csv' in {clone}"):
        place.settle()
    for nothing in ("", None):
        monkeypatch.setenv("COURSE_OWN_DATA", nothing) if nothing == "" else monkeypatch.delenv(
            "COURSE_OWN_DATA"
        )
        place.settle()
        assert os.environ.get("COURSE_OWN_DATA") == nothing


def test_commands_that_start_kernels_settle_the_path(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from helpers import cli

    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    seen = []

    def stop(*arguments, **_):
        environment = arguments[-1] if isinstance(arguments[-1], dict) else os.environ
        seen.append(environment["COURSE_OWN_DATA"])
        raise SystemExit

    monkeypatch.setattr("helpers.lessons.run.execute", stop)
    monkeypatch.setattr(cli.subprocess, "run", stop)
    monkeypatch.setattr(cli.os, "execve", stop)
    for arguments in (["run", "00"], ["lab"], ["test", "--collect-only"]):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COURSE_OWN_DATA", "mine.csv")
        CliRunner().invoke(cli.app, arguments)
    assert seen == [str(tmp_path / "mine.csv")] * 3


# The model's window


class Words:
    """A tokenizer with a token a word, and two around them."""

    model_max_length = 6

    def __call__(self, texts, verbose):
        assert verbose is False
        return {"input_ids": [[0, *text.split(), 1] for text in texts]}


def test_texts_longer_than_the_window_are_named():
    texts = ["one two", "one two three four", "a b c d e", "a b c d e f g"]
    with pytest.raises(
        CourseError, match=r"2 of 4 texts .* window of 6 tokens.*has 9 \(row 3: 'a b"
    ):
        helpers.fits_window(texts, Words())
    with pytest.raises(CourseError, match="2 of 4 .*row z"):
        helpers.fits_window(pandas.Series(texts, index=list("wxyz")), Words())
    helpers.fits_window(texts[:2], Words())
    helpers.fits_window(texts, Words(), window=9)
    helpers.fits_window([], Words())
    endless = Words()
    endless.model_max_length = int(1e30)
    with pytest.raises(CourseError, match="knows no window; give it"):
        helpers.fits_window(texts, endless)
