"""Checkpoints and data sets: verified before anything trains, and refused with the remedy."""

import shutil

import pytest

from helpers import checkpoints, datasets
from helpers.errors import CourseError
from helpers.files import REPOSITORY, sha256


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    monkeypatch.delenv("COURSE_MODELS", raising=False)


@pytest.mark.parametrize("role", checkpoints.table())
def test_every_shipped_checkpoint_is_whole_and_loads(role):
    import transformers
    from safetensors import safe_open
    from transformers import AutoConfig, AutoTokenizer

    found = checkpoints.checkpoint(role)
    row = checkpoints.table()[role]
    assert (found.role, found.revision, found.licence) == (role, "main", "Apache-2.0")
    config = AutoConfig.from_pretrained(found, revision=found.revision)
    assert config.architectures == [row["architecture"]]
    assert not checkpoints.is_stand_in(config)
    AutoTokenizer.from_pretrained(found)
    model = getattr(transformers, row["architecture"]).from_pretrained(found)
    assert sum(parameter.numel() for parameter in model.parameters()) == found.parameters
    with safe_open(f"{found}/model.safetensors", "pt") as weights:
        assert len(list(weights.keys())) > 10


def test_minilm_is_the_official_file():
    path = checkpoints.checkpoint("embedder") + "/model.safetensors"
    assert sha256(path) == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def test_revisions_are_pinned_commits():
    # Transformers pins TAPAS by seven digits, which the hub takes for the commit
    short = {"table-qa"}
    for role, row in checkpoints.table().items():
        assert len(row["revision"]) == (7 if role in short
                                        else 40) and set(row["revision"]) <= set("0123456789abcdef")


def test_unknown_role_is_named_with_a_suggestion():
    with pytest.raises(CourseError, match=r"Unknown role 'encodr'. Did you mean 'encoder'\? Known: "
                                          r"encoder, embedder, llm, lm"):
        checkpoints.checkpoint("encodr")


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A repository of our own that holds copies of the language model and the data."""
    shutil.copytree(REPOSITORY / "data", tmp_path / "data")
    for module in ("helpers.checkpoints", "helpers.datasets", "helpers.files"):
        monkeypatch.setattr(f"{module}.REPOSITORY", tmp_path)
    return tmp_path


def test_a_damaged_weight_is_named_with_its_command(copied):
    checkpoints.checkpoint("lm")
    weights = copied / "data/models/lm/model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(CourseError, match="data/models/lm/model.safetensors is damaged.*git "
                                          "restore data/models/lm/model.safetensors"):
        checkpoints.checkpoint("lm")
    weights.unlink()
    with pytest.raises(CourseError, match="data/models/lm/model.safetensors is missing.*git "
                                          "restore data/models/lm/model.safetensors"):
        checkpoints.checkpoint("lm")


@pytest.mark.parametrize("name", datasets.table())
def test_every_data_set_has_three_splits_of_the_stated_size(name):
    found = datasets.dataset(name)
    assert set(found) == {"train", "validation", "test"}
    for split, row in datasets.table()[name]["splits"].items():
        assert len(found[split]) == row["rows"] > 0


def test_a_damaged_data_file_is_named_with_its_command(copied):
    file = copied / "data/shop/reviews/test.jsonl"
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(CourseError, match="data/shop/reviews/test.jsonl is damaged.*git restore "
                                          "data/shop/reviews/test.jsonl"):
        datasets.dataset("reviews")


def test_a_packed_data_file_is_verified_by_its_content(copied):
    """One letter changed and packed again: a whole .gz file that holds something else."""
    import gzip

    packed = sorted((copied / "data/shop").rglob("*.jsonl.gz"))
    assert len(packed) > 20
    file = packed[0]
    content = gzip.decompress(file.read_bytes())
    at = content.index(b"a")
    file.write_bytes(gzip.compress(content[:at] + b"b" + content[at + 1 :], mtime=0))
    with pytest.raises(CourseError, match=f"{file.name} is damaged.*git restore"):
        datasets.dataset(file.parent.name)
    file.write_bytes(gzip.compress(content, compresslevel=1))  # another packer, the same content
    assert set(datasets.dataset(file.parent.name)) == {"train", "validation", "test"}


def test_a_checkpoint_has_the_licence_of_where_it_comes_from(monkeypatch):
    """In hub mode it is the hub repository's, which may be another than that of what ships."""
    rows = checkpoints.table()
    role = next(name for name, row in rows.items() if row["hub_licence"] != row["licence"])
    assert checkpoints.checkpoint(role).licence == rows[role]["licence"]
    monkeypatch.setenv("COURSE_MODELS", "hub")
    monkeypatch.setattr(checkpoints, "_reach", lambda found: None)
    assert checkpoints.checkpoint(role).licence == rows[role]["hub_licence"]
    assert checkpoints.checkpoint(role).parameters == rows[role]["hub_parameters"]


def test_unknown_data_set_is_named():
    with pytest.raises(CourseError, match="Unknown data set 'review'. Did you mean 'reviews'"):
        datasets.dataset("review")


def test_a_grown_checkpoint_is_recorded(copied, monkeypatch):
    table = copied / "checkpoints.toml"
    table.write_text(checkpoints.TABLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(checkpoints, "TABLE", table)
    before = table.read_text(encoding="utf-8")
    tokenizer = copied / "data/models/lm/tokenizer.json"
    tokenizer.write_text(tokenizer.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    checkpoints.table.cache_clear()
    with pytest.raises(CourseError, match="tokenizer.json is damaged"):
        checkpoints.checkpoint("lm")
    checkpoints.record("lm")
    assert checkpoints.checkpoint("lm").parameters > 1_000_000
    changed = [(a, b) for a, b in zip(before.splitlines(),
                                      table.read_text(encoding="utf-8").splitlines(), strict=True)
               if a != b]
    assert len(changed) == 1 and changed[0][0].startswith("files")
    with pytest.raises(CourseError, match="come from a package"):
        checkpoints.record("encoder")
    checkpoints.table.cache_clear()
