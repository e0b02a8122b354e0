"""The shop's orders as an SQLite database: customers, orders, payments, claims, appointments and stock.

``database(seed)`` makes it in memory, ``write(path)`` stores it and ``connect()``
opens the stored file for reading. Amounts are whole cents, days are ISO dates.
The clock stands at TODAY (table ``meta``), so that statuses never age.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import DATA, relative, write_atomically
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import NAMES, STAFF, STREETS
from helpers.making.shop.products import products

FILE = DATA / "shop" / "shop.sqlite"
TODAY = date(2026, 5, 15)
FIRST_DAY = date(2025, 1, 2)
FIRST_MOVEMENT = date(2026, 5, 4)   # stock movements are kept from this day on
CUSTOMERS = 240
ORDERS = 1_500
STATUSES = ("placed", "packed", "on the van", "delivered", "cancelled")
SLOTS = ("before nine", "morning", "afternoon", "evening")

SCHEMA = """
PRAGMA page_size = 1024;
PRAGMA foreign_keys = ON;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE products (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, colour TEXT NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents > 0), season TEXT NOT NULL, occasion TEXT NOT NULL,
    toxic_to_pets INTEGER NOT NULL CHECK (toxic_to_pets IN (0, 1)), care TEXT NOT NULL,
    stock INTEGER NOT NULL CHECK (stock >= 0)) WITHOUT ROWID;
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, family_name TEXT NOT NULL, street TEXT NOT NULL, town TEXT NOT NULL,
    postcode TEXT NOT NULL, email TEXT NOT NULL UNIQUE, since TEXT NOT NULL);
CREATE TABLE orders (
    id TEXT PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), placed TEXT NOT NULL, deliver_on TEXT NOT NULL,
    slot TEXT NOT NULL CHECK (slot IN ('before nine', 'morning', 'afternoon', 'evening')),
    status TEXT NOT NULL CHECK (status IN ('placed', 'packed', 'on the van', 'delivered', 'cancelled')),
    carrier TEXT NOT NULL CHECK (carrier IN ('bike', 'van', 'courier', 'post')),
    delivery_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL, note TEXT,
    CHECK (deliver_on > placed)) WITHOUT ROWID;
CREATE TABLE order_items (
    order_id TEXT NOT NULL REFERENCES orders (id), line INTEGER NOT NULL, product_id TEXT NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0), unit_cents INTEGER NOT NULL, PRIMARY KEY (order_id, line)) WITHOUT ROWID;
CREATE TABLE payments (
    order_id TEXT NOT NULL REFERENCES orders (id), kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund')), method TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0), paid_on TEXT, PRIMARY KEY (order_id, kind)) WITHOUT ROWID;
CREATE TABLE claims (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders (id), kind TEXT NOT NULL, opened TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')), closed TEXT, outcome TEXT,
    CHECK ((status = 'open') = (closed IS NULL) AND (closed IS NULL) = (outcome IS NULL)));
CREATE TABLE claim_documents (
    claim_id TEXT NOT NULL REFERENCES claims (id), document TEXT NOT NULL, received TEXT,
    PRIMARY KEY (claim_id, document)) WITHOUT ROWID;
CREATE TABLE appointments (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, day TEXT NOT NULL, time TEXT NOT NULL, minutes INTEGER NOT NULL, place INTEGER NOT NULL,
    room TEXT NOT NULL, staff TEXT NOT NULL, price_cents INTEGER NOT NULL, customer_id INTEGER REFERENCES customers (id));
CREATE TABLE stock_movements (
    id INTEGER PRIMARY KEY, product_id TEXT NOT NULL REFERENCES products (id), day TEXT NOT NULL,
    change INTEGER NOT NULL CHECK (change <> 0), reason TEXT NOT NULL CHECK (reason IN ('count', 'delivery', 'sale', 'waste')));
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX claims_order ON claims (order_id);
CREATE INDEX movements_product ON stock_movements (product_id);
"""

_TOWNS = {  # town: first postcode, carrier of bouquets
    "Greenhaven": (4100, "bike"), "Aldermoor": (4120, "van"), "Brackenford": (4135, "van"), "Fernley": (4150, "van"),
    "Harwick": (4170, "van"), "Linden Bay": (4210, "van"), "Oakhollow": (4225, "van"), "Saltmere": (5300, "courier"),
    "Thornby": (5340, "courier"), "Wetherfield": (5375, "courier"),
}
_FAMILY_NAMES = """
Abbot Adler Almeida Amato Andersen Archer Bakker Banks Barrow Becker Bell Berg Bianchi Bishop Blom Brandt Brook Castillo Chandra Clay
Cohen Conti Costa Dahl Dean Demir Dietz Doyle Dubois Eklund Engel Falk Ferrari Fisher Flores Fox Frost Garner Gomes Hale Haddad Hansen
Hart Hill Holm Hughes Ito Jansen Kaplan Keller Khan Kim Klein Koch Kowal Lam Lang Larsen Leclerc Lind Lopez Lund Marsh Mendes Meyer
Moreau Nagy Novak Nunez Oakes Olsen Osman Park Perez Petrov Popov Quist Rahman Reed Ricci Rossi Roth Sato Schmidt Shah Silva Sorensen
Stone Strand Suzuki Torres Vance Vega Visser Voss Walsh Ward Weber West Winter Wolf Wood Yilmaz Young Zeller
""".split()
_NOTES = (
    "Please ring twice.", "Leave it with the neighbour at number 7.", "The bell is broken, please knock.", "It is a surprise, do not call.",
    "Second floor, on the left.", "Put the box into the shade.", "Please no card.", "Use the back door.", "Gift wrap, please.",
    "Call before you come.", "The gate is open until six.", "Deliver to the reception.", "Only as shown.", "Mind the dog.",
    "Please bring it to room 12.", "The white door beside the bakery.", "No lilac ribbon, please.", "Secret gift.",
    "The flowers are for the stage.", "Handwritten card, as agreed on the phone.", "Leave it in the porch.", "Ask for the night nurse.",
)
_PET_NOTE = "Pet home: nothing toxic, please."
_PERISHABLE = ("bouquet", "bunch", "arrangement", "plant")
_POSTED = ("seeds", "bulbs")
_NO_DELIVERY = tuple(date.fromisoformat(day) for day in ("2025-04-21", "2025-12-25", "2026-01-01", "2026-04-06"))
_BUSY = ((date(2025, 2, 14), 8), (date(2026, 2, 14), 8), (date(2025, 5, 11), 7), (date(2026, 5, 10), 7), (date(2025, 12, 24), 4))

# kind: kinds of product it is about, latest day after delivery, required documents, outcomes
_CLAIMS: dict[str, tuple[tuple[str, ...], int, tuple[str, ...], tuple[str, ...]]] = {
    "wilted flowers": (("bouquet", "bunch", "arrangement"), 7, ("photo of the flowers",), ("new bouquet", "refund")),
    "wrong flowers": (("bouquet", "bunch", "arrangement"), 2, ("photo of the flowers", "photo of the label"), ("new bouquet", "refund")),
    "damaged plant": (("plant",), 1, ("photo of the whole plant", "photo of the box from outside"), ("new plant", "discount")),
    "plant died": (("plant",), 60, ("photo of the plant", "note on place and watering"), ("new plant", "new plant at half price")),
    "broken vase": (("vase", "pot", "planter"), 3, ("photo of the pieces",), ("new piece", "refund")),
    "return of a thing": (("vase", "pot", "planter", "tool", "gift"), 30, ("bill", "receipt of the parcel shop"), ("refund",)),
    "not arrived": (_PERISHABLE, 1, (), ("new delivery", "refund")),
    "charged twice": ((), 10, ("bank statement",), ("refund", "released by the bank")),
}
# kind: minutes, price in cents, places, room
_APPOINTMENTS = {
    "bouquet class": (120, 3500, 8, "classroom"), "wreath workshop": (150, 4200, 6, "classroom"),
    "wedding consultation": (60, 0, 1, "room 2"), "plant clinic": (30, 0, 1, "potting shed"),
    "children's planting hour": (60, 1200, 5, "glasshouse 3"),
}


def _season(day: date) -> str:
    return ("winter", "spring", "summer", "autumn")[day.month % 12 // 3]


def _later(draw: Draw, day: date, low: int, high: int) -> date:
    return day + timedelta(days=draw.between(low, high))


def _customers(draw: Draw) -> list[dict]:
    """People with an address and an email address of a domain that nobody owns."""
    rows, mailboxes = [], Counter()
    for number in range(1, CUSTOMERS + 1):
        first, family = draw.choice(NAMES), draw.choice(_FAMILY_NAMES)
        town = draw.choice(("Greenhaven",) * 4 + tuple(_TOWNS))
        box = f"{first}.{family}".lower()
        mailboxes[box] += 1
        suffix = str(mailboxes[box]) if mailboxes[box] > 1 else ""
        rows.append({"id": number, "first_name": first, "family_name": family, "street": f"{draw.between(1, 98)} {draw.choice(STREETS)}",
                     "town": town, "postcode": str(_TOWNS[town][0] + draw.between(0, 9)),
                     "email": f"{box}{suffix}@example.{draw.choice(('com', 'org'))}"})
    return rows


def _placed_days(draw: Draw) -> list[date]:
    """The day of each order in rising order; more before holidays, and the last two weeks are well filled."""
    days = [FIRST_DAY + timedelta(days=n) for n in range((TODAY - FIRST_DAY).days + 1)]
    weights = {}
    for day in days:
        weight = 5 if day.weekday() < 6 else 3
        weight *= 2 + sum(factor for feast, factor in _BUSY if 1 <= (feast - day).days <= 5)
        weights[day.isoformat()] = weight * (4 if (TODAY - day).days <= 4 else 2 if (TODAY - day).days <= 10 else 1)
    return sorted(date.fromisoformat(draw.weighted(weights)) for _ in range(ORDERS))


def _basket(draw: Draw, catalogue: Sequence[dict], deliver_on: date, safe_only: bool) -> list[dict]:
    """One to four different products that can be had on the day; seeds and bulbs may come alone."""
    season = _season(deliver_on)
    offered = [row for row in catalogue if (row["season"] in ("all year", season) or row["kind"] not in (*_PERISHABLE, "bulbs"))
               and not (safe_only and row["toxic_to_pets"])]
    if draw.chance(0.07):
        offered, most = [row for row in offered if row["kind"] in _POSTED], 3
        most = min(most, len(offered))
    else:
        most = 4
    wanted = draw.choice((1, 1, 1, 1, 2, 2, 2, 3, 4))
    basket: list[dict] = []
    while len(basket) < min(wanted, most):
        row = draw.choice(offered)
        if draw.chance(1.0 if row["kind"] in (*_PERISHABLE, *_POSTED) else 0.5) and row not in basket:
            basket.append(row)
    return basket


def _status(draw: Draw, deliver_on: date, slot: str) -> str:
    days = (deliver_on - TODAY).days
    if draw.chance(0.05):
        return "cancelled"
    if days < 0 or days == 0 and slot == "before nine":
        return "delivered"
    if days == 0:
        return "packed" if slot == "evening" else "on the van"
    return "packed" if days == 1 or days == 2 and draw.chance(0.3) else "placed"


def _delivery_cents(goods: int, slot: str, deliver_on: date) -> int:
    """What the help centre says: 4.90 euros, nothing from 50 euros on; before nine 9 euros, on a Sunday 7 euros."""
    if slot == "before nine":
        return 900
    if deliver_on.weekday() == 6:
        return 700
    return 0 if goods >= 5000 else 490


def _delivery_day(day: date, sunday: bool) -> date:
    """``day`` or the next one on which the shop delivers."""
    while day in _NO_DELIVERY or day.weekday() == 6 and not sunday:
        day += timedelta(days=1)
    return day


def _orders(draw: Draw, catalogue: Sequence[dict], customers: Sequence[dict]) -> tuple[list[dict], list[dict]]:
    """Orders and their items."""
    orders, items = [], []
    regulars = customers[:60]
    for number, placed in enumerate(_placed_days(draw), 1001):
        customer = draw.choice(regulars if draw.chance(0.4) else customers)
        deliver_on = _later(draw, placed, 1, 4) if draw.chance(0.75) else _later(draw, placed, 5, 30)
        slot = draw.choice(SLOTS[:1] + SLOTS[1:] * 4)
        pets, sunday = draw.chance(0.04), draw.chance(0.4)
        deliver_on = _delivery_day(deliver_on, sunday)
        basket = _basket(draw, catalogue, deliver_on, pets)
        carrier = _TOWNS[customer["town"]][1]
        if all(row["kind"] in _POSTED for row in basket):
            carrier, slot = "post", "morning"
            deliver_on = _delivery_day(deliver_on, sunday=False)
        lines = []
        for line, row in enumerate(basket, 1):
            several = row["price"] < 15 and draw.chance(0.35)
            lines.append({"order_id": f"MG-{number}", "line": line, "product_id": row["id"],
                          "quantity": draw.between(2, 5) if several else 1, "unit_cents": round(row["price"] * 100)})
        goods = sum(line["quantity"] * line["unit_cents"] for line in lines)
        delivery = _delivery_cents(goods, slot, deliver_on)
        orders.append({"id": f"MG-{number}", "customer_id": customer["id"], "placed": placed.isoformat(),
                       "deliver_on": deliver_on.isoformat(), "slot": slot, "status": _status(draw, deliver_on, slot), "carrier": carrier,
                       "delivery_cents": delivery, "total_cents": goods + delivery,
                       "note": _PET_NOTE if pets else draw.choice(_NOTES) if draw.chance(0.3) else None})
        items += lines
    return orders, items


def _payments(draw: Draw, orders: Sequence[dict]) -> list[dict]:
    """One payment an order (``paid_on`` is NULL while an invoice is due), and a refund for what was cancelled."""
    rows = []
    for order in orders:
        placed, cancelled = date.fromisoformat(order["placed"]), order["status"] == "cancelled"
        method = draw.weighted({"card": 50, "PayPal": 25, "bank transfer": 12, "voucher": 6, **({} if cancelled else {"invoice": 7})})
        paid = _later(draw, placed, *{"bank transfer": (1, 2), "invoice": (10, 24)}.get(method, (0, 0)))
        if cancelled:
            paid = placed
        rows.append({"order_id": order["id"], "kind": "payment", "method": method, "amount_cents": order["total_cents"],
                     "paid_on": paid.isoformat() if paid <= TODAY else None})
        if cancelled:
            # All of it until noon of the day before, half of it on the evening before.
            half = draw.chance(0.15) and date.fromisoformat(order["deliver_on"]) <= TODAY
            day = min(date.fromisoformat(order["deliver_on"]) - timedelta(days=1), TODAY)
            rows.append({"order_id": order["id"], "kind": "refund", "method": method,
                         "amount_cents": order["total_cents"] // 2 if half else order["total_cents"], "paid_on": day.isoformat()})
    return rows


def _claims(draw: Draw, orders: Sequence[dict], items: Sequence[dict], kinds: dict[str, str]) -> tuple[list[dict], list[dict]]:
    """Claims and their required documents; a document that is still missing has no day of receipt.

    Claims of the last three weeks are mostly open. A closed claim has all its documents.
    """
    bought: dict[str, set[str]] = {}
    for item in items:
        bought.setdefault(item["order_id"], set()).add(kinds[item["product_id"]])
    found = []
    for order in orders:
        delivered = date.fromisoformat(order["deliver_on"])
        fresh = 0 <= (TODAY - delivered).days <= 21
        if order["status"] != "delivered" or not draw.chance(0.4 if fresh else 0.06):
            continue
        possible = [kind for kind, (about, *_) in _CLAIMS.items() if bought[order["id"]] & set(about)]
        kind = draw.choice(possible) if possible and draw.chance(0.9) else "charged twice"
        opened = _later(draw, delivered, kind == "charged twice", _CLAIMS[kind][1])
        if opened <= TODAY and (possible or draw.chance(0.2)):
            found.append((opened, order, kind))
    claims, documents = [], []
    for number, (opened, order, kind) in enumerate(sorted(found, key=lambda claim: (claim[0], claim[1]["id"])), 1):
        _, _, required, outcomes = _CLAIMS[kind]
        closed = _later(draw, opened, 2, 9)
        is_open = closed > TODAY or (TODAY - opened).days <= 21 and draw.chance(0.6)
        claim = {"id": f"CL-{number:03d}", "order_id": order["id"], "kind": kind, "opened": opened.isoformat(),
                 "status": "open" if is_open else "closed", "closed": None if is_open else closed.isoformat(),
                 "outcome": None if is_open else draw.choice(outcomes)}
        claims.append(claim)
        for document in required:
            received = _later(draw, opened, 0, 2)
            missing = is_open and (draw.chance(0.55) or received > TODAY)
            documents.append({"claim_id": claim["id"], "document": document, "received": None if missing else received.isoformat()})
    return claims, documents


def _claim_refunds(claims: Sequence[dict], payments: Sequence[dict]) -> list[dict]:
    """The money that went back for claims that ended with a refund, the way it had come."""
    methods = {row["order_id"]: row for row in payments if row["kind"] == "payment"}
    return [{**methods[claim["order_id"]], "kind": "refund", "paid_on": claim["closed"]}
            for claim in claims if claim["outcome"] == "refund"]


def _appointments(draw: Draw) -> list[dict]:
    """Places in classes and hours of advice from April to July 2026; a place without a customer is free."""
    rows = []
    for offset in range(100):
        day = date(2026, 4, 1) + timedelta(days=offset)
        hours = {
            "bouquet class": ("14:00",) if day.weekday() == 5 and day.day <= 7 else (),
            "wreath workshop": ("13:30",) if day.weekday() == 5 and 15 <= day.day <= 21 else (),
            "wedding consultation": ("10:00", "15:00") if day.weekday() in (1, 4) else (),
            "plant clinic": ("13:00", "13:30", "14:00") if day.weekday() == 3 else (),
            "children's planting hour": ("16:00",) if day.weekday() == 2 and offset % 14 < 7 else (),
        }
        taken = 0.85 if day <= TODAY else 0.7 if day <= TODAY + timedelta(days=14) else 0.35
        for kind, times in hours.items():
            minutes, price, places, room = _APPOINTMENTS[kind]
            for time in times:
                staff, people = draw.choice(STAFF), draw.sample(range(1, CUSTOMERS + 1), places)
                rows += [{"kind": kind, "day": day.isoformat(), "time": time, "minutes": minutes, "place": place, "room": room,
                          "staff": staff, "price_cents": price, "customer_id": person if draw.chance(taken) else None}
                         for place, person in enumerate(people, 1)]
    return rows


def _movements(draw: Draw, catalogue: Sequence[dict], orders: Sequence[dict], items: Sequence[dict]) -> list[dict]:
    """What came and went since FIRST_MOVEMENT; the changes of a product add up to its stock and never fall below zero."""
    days = {order["id"]: order["placed"] for order in orders if order["status"] != "cancelled"}
    start = FIRST_MOVEMENT.isoformat()
    sold: dict[str, list[tuple[str, int]]] = {}
    for item in items:
        if days.get(item["order_id"], "") >= start:
            sold.setdefault(item["product_id"], []).append((days[item["order_id"]], item["quantity"]))
    rows = []
    for row in catalogue:
        sales = sold.get(row["id"], [])
        arrival = _later(draw, FIRST_MOVEMENT, 0, 4).isoformat()
        waste = draw.between(1, 3) if row["kind"] in ("bouquet", "bunch") and row["stock"] and draw.chance(0.5) else 0
        later = row["stock"] + waste + sum(count for day, count in sales if day >= arrival)
        delivered = draw.between(later // 2, later) if later and draw.chance(0.6) else 0
        opening = later - delivered + sum(count for day, count in sales if day < arrival)
        events = [(start, opening, "count"), (arrival, delivered, "delivery"), *((day, -count, "sale") for day, count in sales),
                  (_later(draw, date(2026, 5, 8), 0, 6).isoformat(), -waste, "waste")]
        rows += [{"product_id": row["id"], "day": day, "change": change, "reason": reason} for day, change, reason in events if change]
    order = ("count", "delivery", "sale", "waste")
    return sorted(rows, key=lambda row: (row["day"], order.index(row["reason"]), row["product_id"]))


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[dict]) -> None:
    names = list(rows[0])
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                           [tuple(row[name] for name in names) for row in rows])


def database(seed: int = 0) -> sqlite3.Connection:
    """The whole database, in memory, with foreign keys enforced. Equal seeds give equal rows."""
    draw = Draw(f"orders {seed}")
    catalogue = [row for rows in products(seed).values() for row in rows]
    customers = _customers(draw)
    orders, items = _orders(draw, catalogue, customers)
    first: dict[int, str] = {}
    for order in orders:
        first.setdefault(order["customer_id"], order["placed"])
    for customer in customers:
        until = date.fromisoformat(first.get(customer["id"], TODAY.isoformat()))
        customer["since"] = (until if draw.chance(0.5) else _later(draw, until, -900, -1)).isoformat()
    payments = _payments(draw, orders)
    claims, documents = _claims(draw, orders, items, {row["id"]: row["kind"] for row in catalogue})
    payments += _claim_refunds(claims, payments)
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    meta = {"shop": "Marigold", "today": TODAY.isoformat(), "currency": "EUR", "seed": str(seed)}
    goods = [{"price_cents": round(row["price"] * 100), **row} for row in catalogue]
    for row in goods:
        del row["price"]
    tables = {
        "meta": [{"key": key, "value": value} for key, value in meta.items()], "products": goods, "customers": customers, "orders": orders,
        "order_items": items, "payments": payments, "claims": claims, "claim_documents": documents, "appointments": _appointments(draw),
        "stock_movements": _movements(draw, catalogue, orders, items),
    }
    with connection:
        for table, rows in tables.items():
            _insert(connection, table, rows)
    return connection


def write(path: Path | None = None, seed: int = 0) -> None:
    """Store the database at ``path`` (default: data/shop/shop.sqlite); a failure leaves the old file whole."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shop.sqlite"
        source, target = database(seed), sqlite3.connect(file)
        source.backup(target)
        source.close()
        target.execute("VACUUM")
        target.close()
        write_atomically(Path(path or FILE), file.read_bytes())


def connect(path: Path | None = None) -> sqlite3.Connection:
    """The stored database, for reading only; a statement that writes raises sqlite3.OperationalError.

    Raises CourseError with the remedy if the file is missing or damaged.
    """
    path = Path(path or FILE).resolve()
    remedy = f"Restore it with: git restore {relative(path)}"
    if not path.is_file():
        raise CourseError(f"{relative(path)} is missing. {remedy}")
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        connection.execute("SELECT value FROM meta WHERE key = 'today'").fetchone()
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        connection.close()
        raise CourseError(f"{relative(path)} is damaged (SQLite cannot read all of it). {remedy}")
    return connection
