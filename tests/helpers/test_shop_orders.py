"""The shop's database: its sums, its dates, its claims, and the committed file."""

import sqlite3

import pytest

from helpers.errors import CourseError
from helpers.making.shop import orders
from helpers.making.shop.products import products


@pytest.fixture(scope="module")
def shop():
    connection = orders.database()
    yield connection
    connection.close()


def none(shop, query):
    """Assert that no row breaks a rule; the first few that do are shown."""
    assert shop.execute(query).fetchmany(3) == []


def value(shop, query):
    return shop.execute(query).fetchone()[0]


def test_counts_and_keys(shop):
    counts = {name: value(shop, f"SELECT count(*) FROM {name}") for (name,) in
              shop.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    assert counts["products"] == 500 and counts["customers"] >= 200 and counts["orders"] >= 1_500
    assert (counts["claims"] >= 60 and counts["appointments"] >= 150
            and counts["stock_movements"] >= 500)
    none(shop, "PRAGMA foreign_key_check")
    assert value(shop, "PRAGMA foreign_keys") == 1
    with pytest.raises(sqlite3.IntegrityError):
        shop.execute("INSERT INTO order_items VALUES ('MG-9999', 1, 'P001', 1, 100)")
    shop.rollback()
    none(shop, "SELECT id FROM orders WHERE id NOT GLOB 'MG-[0-9][0-9][0-9][0-9]'")
    none(shop, "SELECT email FROM customers WHERE email NOT LIKE '%@example.com' AND email NOT "
               "LIKE '%@example.org'")
    none(shop, "SELECT kind, day, time, place FROM appointments GROUP BY 1, 2, 3, 4 HAVING "
               "count(*) > 1")


def test_products_are_the_catalogue(shop):
    rows = {row["id"]: row for part in products().values() for row in part}
    found = shop.execute(
        "SELECT id, name, price_cents, toxic_to_pets, stock FROM products").fetchall()
    assert len(found) == len(rows)
    for key, name, cents, toxic, stock in found:
        assert (name, cents, bool(toxic), stock) == (
            rows[key]["name"], round(rows[key]["price"] * 100), rows[key]["toxic_to_pets"],
            rows[key]["stock"])


def test_sums_are_right(shop):
    none(shop, """SELECT o.id FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
                  GROUP BY o.id
                  HAVING o.total_cents IS NOT sum(i.quantity * i.unit_cents) + o.delivery_cents""")
    none(shop, "SELECT i.order_id FROM order_items i JOIN products p ON p.id = i.product_id WHERE "
               "p.price_cents <> i.unit_cents")
    none(shop, """SELECT o.id FROM orders o LEFT JOIN payments p
                  ON p.order_id = o.id AND p.kind = 'payment'
                  WHERE p.amount_cents IS NOT o.total_cents""")
    none(shop, """SELECT o.id FROM orders o
                  LEFT JOIN payments p ON p.order_id = o.id AND p.kind = 'refund'
                  LEFT JOIN claims c ON c.order_id = o.id WHERE (p.order_id IS NOT NULL)
                  IS NOT (o.status = 'cancelled' OR coalesce(c.outcome, '') = 'refund')""")
    none(shop, "SELECT order_id FROM payments WHERE paid_on IS NULL AND method NOT IN ('invoice', "
               "'bank transfer')")
    none(shop, """SELECT p.id FROM products p LEFT JOIN stock_movements m ON m.product_id = p.id
                  GROUP BY p.id HAVING coalesce(sum(m.change), 0) <> p.stock""")
    none(shop, """SELECT id FROM (SELECT id, sum(change) OVER (PARTITION BY product_id ORDER BY id)
                                  AS left_over FROM stock_movements)
                  WHERE left_over < 0""")


def test_dates_and_statuses_agree(shop):
    assert (value(shop, "SELECT value FROM meta WHERE key = 'today'")
            == orders.TODAY.isoformat() == "2026-05-15")
    today = "(SELECT value FROM meta WHERE key = 'today')"
    none(shop, f"SELECT id FROM orders WHERE status IN ('placed', 'packed') AND deliver_on < "
               f"{today}")
    none(shop, f"SELECT id FROM orders WHERE status = 'on the van' AND deliver_on <> {today}")
    none(shop, f"SELECT id FROM orders WHERE status = 'delivered' AND deliver_on > {today}")
    none(shop, f"SELECT id FROM orders WHERE placed > {today} OR placed < '2025-01-01' OR "
               "deliver_on <= placed")
    none(shop, "SELECT id FROM orders WHERE deliver_on IN ('2025-12-25', '2026-01-01', "
               "'2025-04-21', '2026-04-06')")
    none(shop, "SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.since > "
               "o.placed")
    none(shop, f"SELECT order_id FROM payments WHERE paid_on > {today}")
    counts = dict(shop.execute("SELECT status, count(*) FROM orders GROUP BY status"))
    assert set(counts) == set(orders.STATUSES) and min(counts.values()) >= 5


def test_what_is_bought_is_in_season_and_safe_where_wished(shop):
    none(shop, """SELECT o.id, p.name FROM orders o JOIN order_items i ON i.order_id = o.id
                  JOIN products p ON p.id = i.product_id
                  WHERE p.kind IN ('bouquet', 'bunch', 'arrangement', 'plant')
                  AND p.season <> 'all year' AND p.season <>
                  CASE (CAST(strftime('%m', o.deliver_on) AS INTEGER) % 12) / 3
                  WHEN 0 THEN 'winter' WHEN 1 THEN 'spring' WHEN 2 THEN 'summer'
                  ELSE 'autumn' END""")
    none(shop, """SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id
                  JOIN products p ON p.id = i.product_id
                  WHERE o.note LIKE 'Pet home%' AND p.toxic_to_pets""")
    assert value(shop, "SELECT count(*) FROM orders WHERE note LIKE 'Pet home%'") >= 20


def test_claims_and_their_documents(shop):
    none(shop, "SELECT c.id FROM claims c JOIN orders o ON o.id = c.order_id WHERE c.opened < "
               "o.deliver_on OR o.status <> 'delivered'")
    none(shop, "SELECT c.id FROM claims c JOIN claim_documents d ON d.claim_id = c.id WHERE "
               "c.status = 'closed' AND d.received IS NULL")
    none(shop, """SELECT c.id FROM claims c JOIN claim_documents d ON d.claim_id = c.id
                  WHERE d.received < c.opened OR d.received > c.closed
                  OR d.received > '2026-05-15'""")
    missing = dict(shop.execute("""SELECT c.id, count(d.document) - count(d.received) FROM claims c
                                   LEFT JOIN claim_documents d ON d.claim_id = c.id
                                   WHERE c.status = 'open' GROUP BY c.id"""))
    assert len(missing) >= 15
    assert {0, 1, 2} <= set(missing.values())


def test_appointments_are_free_and_taken(shop):
    today = orders.TODAY.isoformat()
    coming = shop.execute("SELECT kind, customer_id IS NULL FROM appointments WHERE day > ?",
                          [today]).fetchall()
    assert {kind for kind, free in coming if free} == {kind for kind, free in coming
            if not free} and len({kind for kind, _ in coming}) == 5
    none(shop, "SELECT kind, day, time FROM appointments WHERE customer_id IS NOT NULL GROUP BY 1, "
               "2, 3, customer_id HAVING count(*) > 1")
    none(shop, "SELECT day FROM appointments WHERE strftime('%w', day) IN ('0', '1')")


def test_equal_seeds_give_equal_rows(shop):
    first, again, other = (list(orders.database(seed).iterdump()) for seed in (0, 0, 1))
    assert first == again == list(shop.iterdump())
    assert first != other


def test_the_committed_file_is_what_the_code_makes(shop):
    assert orders.FILE.stat().st_size < 500_000
    with orders.connect() as stored:
        assert list(stored.iterdump()) == list(shop.iterdump())


def test_the_file_is_read_only(tmp_path):
    orders.write(tmp_path / "shop.sqlite", seed=1)
    connection = orders.connect(tmp_path / "shop.sqlite")
    assert connection.execute("SELECT count(*) FROM orders").fetchone()[0] == orders.ORDERS
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM orders")
    connection.close()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text"])
def test_a_missing_or_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "shop.sqlite"
    if damage != "missing":
        orders.write(path)
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "cut": whole[:200_000],
                          "text": b"version https://git-lfs\n" * 100}[damage])
    with pytest.raises(CourseError, match=r"shop\.sqlite is (missing|damaged).*git restore"):
        orders.connect(path)
