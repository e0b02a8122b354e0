"""Cards: the metadata at the head of a README.md, and what is wrong with it.

The rules are those of https://huggingface.co/docs/hub/model-cards and
https://huggingface.co/docs/hub/datasets-cards: hardly anything has to be there, but what
is there has to be right. The real hub may check more.
"""

import json
import re

import yaml

from helpers.errors import unknown

# From the start: three dashes alone on a line, the metadata, and three dashes again.
BLOCK = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)(?:\r?\n)?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
# https://huggingface.co/docs/hub/repositories-licenses
LICENCES = """
afl-3.0 agpl-3.0 apache-2.0 apple-amlr apple-ascl artistic-2.0 bigcode-openrail-m
bigscience-bloom-rail-1.0 bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2
fair-noncommercial-research-license gemma gfdl gpl gpl-2.0 gpl-3.0 grok2-community h-research
intel-research isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 openmdw-1.0 openrail openrail++ osl-3.0 other
pddl postgresql unknown unlicense wtfpl zlib
""".split()
LISTS = ("tags", "datasets", "metrics", "language", "license", "base_model", "task_categories",
         "task_ids", "size_categories")
LISTS_ONLY = ("tags", "task_categories", "task_ids", "size_categories", "widget", "configs")
REPOSITORY_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
EMPTY = (
    "The metadata is empty or missing: begin README.md with a line ---, the metadata as YAML, and "
    "a line ---."
)


def metadata(text: str) -> dict:
    """Return the metadata of a card, {} where it is missing or unreadable."""
    try:
        return _parse(text)
    except ValueError:
        return {}


def _parse(text: str) -> dict:
    """Return the metadata; raise ValueError with a sentence on what can't be read."""
    block = BLOCK.match(text)
    if block is None:
        if re.match(r"\s*---[ \t]*\r?\n", text):
            raise ValueError("The metadata has no end: close it with a line of three dashes (---).")
        return {}
    try:
        # A few lines of them can stand for gigabytes
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(block[1])):
            raise ValueError("it uses an alias (*name); write the value out")
        data = yaml.safe_load(block[1])
        # What is not JSON in UTF-8, such as a number that is not finite, can't be sent to any
        # client.
        data = json.loads(json.dumps(data, default=str, allow_nan=False,
                                     ensure_ascii=False).encode())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 2}" if mark else ""
        raise ValueError(f"The metadata is not valid YAML{place}: "
                         f"{getattr(error, 'problem', None) or error}.") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"The metadata can't be written as JSON: {error}.") from error
    if not isinstance(data or {}, dict):
        raise ValueError(f"The metadata must be keys with values, not a {type(data).__name__}: "
                         "write it as `key: value`.")
    return data or {}


def faults(text: str, kind: str) -> tuple[list[str], list[str]]:
    """Return (errors, warnings), a sentence each, of the card of a "model" or "dataset"."""
    try:
        data = _parse(text)
    except ValueError as error:
        return [str(error)], []
    if not data:
        return [], [EMPTY]
    errors = [f'"{key}" must be an array.' for key in LISTS_ONLY
              if not isinstance(data.get(key) or [], list)]
    for key in LISTS:
        values = data.get(key) if isinstance(data.get(key), list) else [data.get(key) or ""]
        errors += [f'"{key}" must hold text, not {value!r}.' for value in values
                   if not isinstance(value, str)]
    for key in ("library_name", "pipeline_tag", "license_name", "license_link", "pretty_name"):
        if not isinstance(data.get(key) or "", str):
            errors.append(f'"{key}" must be text, not {data[key]!r}.')
    if errors:
        return errors, []
    for licence in _list(data.get("license")):
        if licence not in LICENCES:
            errors.append(f'"license": {unknown("licence", licence, LICENCES)}')
    if "other" in _list(data.get("license")) and not (data.get("license_name")
            and data.get("license_link")):
        warnings = ['"license: other" tells nothing by itself: add "license_name" and '
                    '"license_link".']
    else:
        warnings = []
    for base in _list(data.get("base_model")):
        if not REPOSITORY_ID.fullmatch(base):
            errors.append(f'"base_model" must be the id of a model, owner/name, not {base!r}.')
    return errors + (_results(data["model-index"]) if kind == "model" and data.get("model-index")
                     else []), warnings


def _list(value: str | list[str] | None) -> list[str]:
    """Return one text or several as a list."""
    return value if isinstance(value, list) else [value] if value else []


def _results(index: object) -> list[str]:
    """Return what is missing in a card's evaluation results
    (https://huggingface.co/docs/hub/model-cards, "Evaluation Results")."""
    if not isinstance(index, list):
        return ['"model-index" must be an array.']
    errors = []
    for number, model in enumerate(index):
        here = f"model-index[{number}]"
        errors += _required(model, here, ("name", "results"))
        results = model.get("results") if isinstance(model, dict) else None
        for place, result in enumerate(results if isinstance(results, list) else []):
            there = f"{here}.results[{place}]"
            errors += _required(result, there, ("task", "dataset", "metrics"))
            if not isinstance(result, dict):
                continue
            errors += _required(result.get("task", {"type": ""}), f"{there}.task", ("type",))
            errors += _required(result.get("dataset", {"type": "", "name": ""}), f"{there}.dataset",
                                ("type", "name"))
            metrics = result.get("metrics", [])
            if not isinstance(metrics, list):
                errors.append(f'"{there}.metrics" must be an array.')
                continue
            for metric_number, metric in enumerate(metrics):
                errors += _required(metric, f"{there}.metrics[{metric_number}]", ("type", "value"))
    return errors


def _required(value: object, place: str, keys: tuple[str, ...]) -> list[str]:
    """Return a sentence for each of ``keys`` that ``value`` lacks."""
    if not isinstance(value, dict):
        return [f'"{place}" must be keys with values, not {value!r}.']
    return [f'"{place}.{key}" is required.' for key in keys if key not in value]
