"""``python -m helpers.making.shop``: write data/shop, data/README.md and helpers/datasets.toml."""

from helpers.files import relative
from helpers.making.shop import write
from helpers.making.shop.dataset_files import FOLDER

if __name__ == "__main__":
    write()
    print(f"Wrote {relative(FOLDER)}, its data card and the table of data sets.")
