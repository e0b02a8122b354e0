"""Cards are checked before a push: what is wrong is said, and nothing is stored."""

import pytest

from helpers.hub.cards import faults, metadata
from helpers.hub.store import find, repository
from tests.hub.conftest import answer
from tests.hub.test_pushes import HEAD, send

RESULT = "{task: {type: t}, dataset: {type: d, name: n}, metrics: [{type: m, value: 1}]}"
GOOD = [
    "license: mit",
    "license: [mit, apache-2.0]\nlanguage: en\ntags: [a, b]",
    "base_model: google-bert/bert-base-cased\ndatasets: [a/b]",
    f"model-index:\n- name: x\n  results:\n  - {RESULT}",
    "license: other\nlicense_name: mine\nlicense_link: LICENSE",
    "library_name: transformers\ntags: []\nlicense:",
    "dataset_info:\n  features:\n  - name: text\n    dtype: string\nconfigs:\n- config_name: "
    "default",
]
BAD = {
    "license: apache2": "Did you mean 'apache-2.0'",
    "license: [mit, nothing]": "Unknown licence 'nothing'",
    "license: 3": '"license" must hold text, not 3',
    "license: {a: b}": '"license" must hold text',
    "license: [mit": "not valid YAML in line",
    "a: b: c": "not valid YAML in line 2",
    "- a\n- b": "must be keys with values, not a list",
    "only text": "must be keys with values, not a str",
    "tags: a": '"tags" must be an array',
    "tags: [[a]]": '"tags" must hold text',
    "datasets: [null]": '"datasets" must hold text, not None',
    "pipeline_tag: [a]": '"pipeline_tag" must be text',
    "base_model: /home/me/model": '"base_model" must be the id of a model, owner/name',
    "base_model: a/b/c": '"base_model" must be the id',
    "model-index: x": '"model-index" must be an array',
    "model-index: [x]": '"model-index[0]" must be keys with values',
    "model-index: [{results: []}]": '"model-index[0].name" is required',
    "model-index: [{name: x}]": '"model-index[0].results" is required',
    "model-index: [{name: x, results: [{}]}]": '"model-index[0].results[0].dataset" is required',
    f"model-index: [{{name: x, results: [{RESULT.replace(', name: n', '')}]}}]":
        '"model-index[0].results[0].dataset.name" is required',
    f"model-index: [{{name: x, results: [{RESULT.replace(', value: 1', '')}]}}]":
        '"model-index[0].results[0].metrics[0].value" is required',
    "value: .nan": "can't be written as JSON",
    'value: "\\ud800"': "can't be written as JSON",
    "a: &a [x, x]\nb: *a": "uses an alias",
    "x: " + "[" * 2000: "",
}


@pytest.mark.parametrize("text", GOOD)
def test_good_cards(text):
    for content in (f"---\n{text}\n---\n# Title\n", f"---\r\n{text}\r\n---\r\nText",
                    f"\n---  \n{text}\n---"):
        assert faults(content, "model") == ([], []), content
        assert metadata(content)


@pytest.mark.parametrize(("text", "words"), BAD.items(), ids=range(len(BAD)))
def test_bad_cards(text, words):
    content = f"---\n{text}\n---\n# Title\n"
    errors, _ = faults(content, "model")
    assert errors and words in " ".join(errors)


def test_what_is_missing_is_a_warning():
    for content in ("", "# Title", "---\n---\n# Title", "---\n# only a comment\n---\n",
                    "text\n---\nlicense: mit\n---\n"):
        errors, warnings = faults(content, "model")
        assert errors == [] and "empty or missing" in warnings[0], content
    assert "no end" in faults("---\nlicense: mit\n", "model")[0][0]
    assert "license_name" in faults("---\nlicense: other\n---\n", "model")[1][0]
    assert faults("---\nmodel-index: x\nlicense: mit\n---\n", "dataset") == ([], [])


PUSH = """
import warnings
warnings.simplefilter("always")
name = api.create_repo("carded").repo_id

def push(content, **options):
    with warnings.catch_warnings(record=True) as said:
        outcome = refusal(api.upload_file, path_or_fileobj=content.encode(),
                          path_in_repo="README.md", repo_id=name, **options)
    return ["pushed" if outcome.startswith("no error") else outcome,
            [str(each.message) for each in said]]

report = [push("---\\nlicense: apache2\\n---\\n"), push("---\\nlicense: [\\n---\\n"),
          push("# No metadata")]
card = ModelCard.from_template(ModelCardData(
    license="mit", language="en", library_name="transformers", base_model="marigold/lm",
    model_name="carded", eval_results=[EvalResult("text-classification", "marigold/reviews",
                                                  "Reviews", "accuracy", 0.9)]), model_id="carded")
report.append(push(str(card)))
loaded = ModelCard.load(name).data
report.append([loaded.license, loaded.eval_results[0].metric_value, api.model_info(name).tags])
print(json.dumps(report))
"""


def test_the_client_says_what_is_wrong_before_it_pushes(hub, tmp_path):
    wrong, broken, empty, good, loaded = answer(HEAD + PUSH, hub.environment(tmp_path))
    assert (wrong[0].startswith("ValueError: Invalid metadata in README.md.")
            and "Did you mean 'apache-2.0'" in wrong[0])
    assert "not valid YAML in line" in broken[0]
    assert empty[0] == "pushed" and "empty or missing" in empty[1][0]
    assert good == ["pushed", []]
    assert loaded == ["mit", 0.9, ["transformers", "license:mit", "base_model:marigold/lm", "en"]]


def test_a_bad_card_is_refused_without_the_clients_help(hub):
    name = "marigold/carded"
    before = find(repository(hub.folder, "models", name))
    line = {"key": "file",
            "value": {"path": "README.md", "content": "---\nlicense: apache2\n---\n"}}
    status, said = send(hub, f"/api/models/{name}/commit/main", [line])
    assert status == 400 and "Invalid metadata in README.md" in said and "apache-2.0" in said
    assert find(repository(hub.folder, "models", name)) == before
