"""The catalogue: its counts, its facts, and a product for every wish."""

from itertools import chain, product
from operator import itemgetter

import pytest

from helpers.making.shop.entities import COLOURS, OCCASIONS, SEASONS
from helpers.making.shop.products import DATA_SETS, ROWS, price_band, products

# A product is toxic exactly if its name has one of these parts.
TOXIC = """
tulip lily lilies peon carnation daffodil hyacinth dahlia chrysanthemum hellebore amaryllis ivy
holly eucalyptus lavender gypsophila chocolate foxglove monstera aloe cyclamen raisin hydrangea
delphinium ranunculus anemone gladiol meal cocoa iris sweet~pea snake~plant jade azalea poinsettia
gardenia begonia primula philodendron geranium snowdrop crocus allium morning~glory orange~slices
black~tea tea~hamper macadamia plant~food orchid~food rose~food tomato~food flower~food lawn~feed
fertiliser
""".split()


@pytest.fixture(scope="module")
def splits():
    return products()


@pytest.fixture(scope="module")
def rows(splits):
    return list(chain(*splits.values()))


def test_counts_ids_and_names(splits, rows):
    assert {split: len(part) for split, part in splits.items()} == ROWS == {"train": 350,
            "validation": 50, "test": 100}
    assert [row["id"] for row in rows] == [f"P{number:03d}" for number in range(1, 501)]
    assert len({row["name"].lower() for row in rows}) == 500
    assert all(set(row) == set(DATA_SETS[0].columns) for row in rows)
    assert products() == splits != products(1)


def test_values_are_in_range(rows):
    for row in rows:
        assert 1 < row["price"] < 100 and round(row["price"] * 100) % 100 in (50, 90), row
        assert row["occasion"] in OCCASIONS and row["season"] in SEASONS, row
        assert isinstance(row["stock"], int) and 0 <= row["stock"] <= 120, row
        assert row["name"][0].isupper() and row["care"].endswith("."), row
        colours = [colour for colour in COLOURS if colour in row["name"].lower().split()]
        if row["kind"] in ("bouquet", "bunch", "arrangement", "dried flowers"):
            assert (row["colour"] in (colours or [row["colour"]])
                    or row["colour"] == "mixed" and len(colours) == 2), row


def test_a_product_with_one_toxic_part_is_toxic(rows):
    for row in rows:
        name = row["name"].lower()
        assert row["toxic_to_pets"] == any(part.replace("~", " ") in name for part in TOXIC), row
    mixed = [row for row in rows if " and " in row["name"] and row["kind"] == "bouquet"]
    assert any(row["toxic_to_pets"] for row in mixed) and any(not row["toxic_to_pets"]
            for row in mixed)


def test_occasions_in_a_name_agree_with_the_column(rows):
    for row in rows:
        for occasion in OCCASIONS:
            if row["name"].lower().replace("-", " ").startswith(occasion.lower()):
                assert row["occasion"] == occasion, row


def test_out_of_season_flowers_are_out_of_stock_in_may(rows):
    assert all(row["stock"] == 0 for row in rows if row["season"] in ("autumn", "winter")
               and row["kind"] in ("bouquet", "bunch", "plant"))
    assert sum(row["stock"] > 0 for row in rows) > 300


def test_every_pair_of_wishes_has_a_product(rows):
    def missing(first, second, chosen):
        met = {(first(row), second(row)) for row in chosen}
        return [pair for pair in product(values[first], values[second]) if pair not in met]

    safe = [row for row in rows if not row["toxic_to_pets"]]
    colour, season, occasion = itemgetter("colour"), itemgetter("season"), itemgetter("occasion")

    def band(row):
        return price_band(row["price"])

    values = {colour: COLOURS, season: SEASONS, occasion: OCCASIONS,
              band: ("low", "middle", "high")}
    assert missing(colour, occasion, rows) == []
    for first, second in ((colour, season), (season, occasion), (band, occasion), (band, colour)):
        assert missing(first, second, safe) == []
