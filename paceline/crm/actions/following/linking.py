"""Whose an order is: the first rule that names one customer decides; the rest waits for a person.

An order is only given to a record that its seller may know of: of a team of theirs, their own, or
one that everyone sees. So no rule opens an order of one team to another. What has no seller goes to
whoever bears the key alone in the whole company.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from babel.core import get_global

from paceline.crm.actions.customers import fingerprint
from paceline.crm.models import PHONES, PointKind
from paceline.crm.names import name_keys
from paceline.crm.points import normalise
from paceline.crm.queries.waiting import KINDS_OF_POINTS, RULES, matches

PHONE_MIN = 7
# What lines say in place of somebody who was erased.
PSEUDONYM = re.compile(r"erased-\d+")
# Up to so many names are looked for by index; more by reading all names that wait once.
NAMES_FEW = 200


def take_customers(cursor: Any) -> int:
    """Take all customers away that changed; how many rows there were."""
    cursor.execute("CREATE TEMP TABLE touched_company (id bigint PRIMARY KEY) ON COMMIT DROP")
    cursor.execute("CREATE TEMP TABLE touched_contact (id bigint PRIMARY KEY) ON COMMIT DROP")
    cursor.execute("CREATE TEMP TABLE touched_name (key varchar PRIMARY KEY) ON COMMIT DROP")
    cursor.execute(
        "WITH taken AS (DELETE FROM crm_touchedcustomer RETURNING company_id, contact_id, name_keys),"
        " names AS (INSERT INTO touched_name SELECT DISTINCT unnest(name_keys) FROM taken),"
        " companies AS (INSERT INTO touched_company SELECT DISTINCT company_id FROM taken"
        "   WHERE company_id IS NOT NULL),"
        " contacts AS (INSERT INTO touched_contact SELECT DISTINCT contact_id FROM taken"
        "   WHERE contact_id IS NOT NULL) SELECT count(*) FROM taken"
    )
    (taken,) = cursor.fetchone()
    for kind in ("company", "contact"):
        cursor.execute(
            f"INSERT INTO touched_name SELECT DISTINCT unnest(r.name_keys) FROM touched_{kind} t"
            f" JOIN crm_{kind} r USING (id) ON CONFLICT DO NOTHING"
        )
    cursor.execute("ANALYZE touched_company")
    cursor.execute("ANALYZE touched_contact")
    return int(taken)


def keep_waiting(cursor: Any) -> None:
    """Orders without a customer get what they may be recognised by; what is linked waits no more."""
    cursor.execute(
        """
        DELETE FROM crm_waitingorder w USING crm_customerorder o, touched t, crm_orderlink k
        WHERE o.id = w.order_id AND (o.source, o.order_number) = (t.source, t.order_number)
          AND (k.source, k.order_number) = (t.source, t.order_number)
        """
    )
    cursor.execute(
        """
        SELECT o.id, coalesce(l.customer, ''), coalesce(s.buyer, ''), coalesce(s.buyer_email, ''),
               coalesce(s.buyer_phone, ''), coalesce(s.facts->>'buyer_id', ''),
               coalesce(s.facts->>'buyer_country', ''), coalesce(h.time_zone, '')
        FROM touched t JOIN crm_customerorder o USING (source, order_number)
        LEFT JOIN LATERAL (SELECT min(customer) AS customer FROM orders_orderline l
            WHERE l.source = t.source AND l.order_number = t.order_number
            HAVING min(customer) = max(customer)) l ON true
        LEFT JOIN shops_shop h ON h.source = t.source
        LEFT JOIN shops_shoporder s ON s.shop_id = h.id AND s.number = t.order_number
        WHERE NOT EXISTS (SELECT 1 FROM crm_orderlink k
            WHERE k.source = t.source AND k.order_number = t.order_number)
        """
    )
    rows = [_keys(*row) for row in cursor.fetchall()]
    _forget_erased(cursor, rows)
    cursor.execute(
        "CREATE TEMP TABLE waiting_keys (id bigint, number text, account text, mail text, phone text,"
        " name_keys text[]) ON COMMIT DROP"
    )
    with cursor.copy("COPY waiting_keys FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        """
        INSERT INTO crm_waitingorder AS w
            (order_id, number, account, mail, phone, name_keys, is_ambiguous, is_named)
        SELECT id, number, account, mail, phone, name_keys, false, false FROM waiting_keys
        ON CONFLICT (order_id) DO UPDATE SET number = excluded.number, account = excluded.account,
            mail = excluded.mail, phone = excluded.phone, name_keys = excluded.name_keys
        """
    )
    cursor.execute("DROP TABLE waiting_keys")


Keys = list[Any]


def _keys(
    pk: int, customer: str, buyer: str, mail: str, phone: str, account: str, country: str, zone: str
) -> Keys:
    """The keys of one order. A line of a file says a number, an address or a name in one column;
    what stands there for somebody who was erased is none of them."""
    said = "" if PSEUDONYM.fullmatch(customer) else customer.strip()
    if "@" in said and not mail:
        mail = said
    country = country or get_global("zone_territories").get(zone, "")
    number = normalise(PointKind.PHONE, phone, country) if phone.strip() else ""
    name = buyer or ("" if "@" in said else said)
    return [
        pk,
        said[:200],
        normalise(PointKind.SHOP, account)[:200] if account else "",
        normalise(PointKind.EMAIL, mail)[:254] if mail else "",
        number[:60] if len(number) >= PHONE_MIN else "",
        _names(name),
    ]


def _names(name: str) -> list[str]:
    """By a person's and by a company's way of comparing; a bare number is no name."""
    if not any(letter.isalpha() for letter in name):
        return []
    return sorted({*name_keys([name]), *name_keys([name], is_person=True)})


def _forget_erased(cursor: Any, rows: list[Keys]) -> None:
    """Of somebody who was erased nothing is kept by which they could be recognised."""
    cursor.execute("SELECT EXISTS (SELECT 1 FROM crm_erasedkey)")
    if not cursor.fetchone()[0]:
        return
    digests: dict[str, list[Keys]] = {}
    for row in rows:
        _pk, _number, account, mail, phone, _names = row
        told = [
            (PointKind.SHOP, account),
            (PointKind.EMAIL, mail),
            *((one, phone) for one in PHONES),
        ]
        for kind, value in told:
            if value:
                digests.setdefault(fingerprint(kind, value), []).append(row)
    cursor.execute("SELECT digest FROM crm_erasedkey WHERE digest = ANY(%s)", [list(digests)])
    for (digest,) in cursor.fetchall():
        for row in digests[digest]:
            row[1:] = ["", "", "", "", []]


# A record that the seller may know of; for an order of nobody every record.
_MAY_KNOW = """
    r.archived_at IS NULL AND (o.person_id IS NULL OR r.owner_id = o.person_id OR r.reach = 'all'
        OR EXISTS (SELECT 1 FROM org_teammembership m
                   WHERE m.team_id = r.team_id AND m.person_id = o.person_id))
    AND NOT EXISTS (SELECT 1 FROM crm_linkrefusal f WHERE f.source = o.source
        AND f.order_number = o.order_number AND f.{kind}_id = r.id)
"""


def link(cursor: Any, at: datetime) -> int:
    """Link the orders that were taken, and those that wait for a customer that changed.

    The first rule that names anybody decides. It links where it names one contact, or one company
    and nobody else; where it names several the order waits and says so.
    """
    cursor.execute("CREATE TEMP TABLE wanted ON COMMIT DROP AS SELECT w.* FROM crm_waitingorder w"
                   " JOIN crm_customerorder o ON o.id = w.order_id"
                   " JOIN touched t USING (source, order_number) WHERE w.left_at IS NULL")  # fmt: skip
    cursor.execute(f"INSERT INTO wanted {_waiting_for_them(_waiting_by_name(cursor))}")
    cursor.execute("ANALYZE wanted")
    cursor.execute(
        f"""
        CREATE TEMP TABLE linked ON COMMIT DROP AS
        WITH matches AS ({matches("wanted")}),
        known AS (
            SELECT m.order_id, m.place, r.id AS company_id, NULL::bigint AS contact_id,
                   NULL::bigint AS of_company
            FROM matches m JOIN crm_customerorder o ON o.id = m.order_id
            JOIN crm_company r ON r.id = m.company_id WHERE {_MAY_KNOW.format(kind="company")}
            UNION ALL
            SELECT m.order_id, m.place, NULL, r.id, r.company_id
            FROM matches m JOIN crm_customerorder o ON o.id = m.order_id
            JOIN crm_contact r ON r.id = m.contact_id WHERE {_MAY_KNOW.format(kind="contact")}),
        first AS (SELECT order_id, min(place) AS place FROM known GROUP BY 1),
        counted AS (
            SELECT order_id, place, count(DISTINCT contact_id) AS contacts,
                   count(DISTINCT company_id) AS companies, min(contact_id) AS contact_id,
                   min(company_id) AS company_id, min(of_company) AS of_company
            FROM known JOIN first USING (order_id, place) GROUP BY 1, 2)
        SELECT o.id AS order_id, o.source, o.order_number, c.place, c.contact_id,
               CASE WHEN c.contacts = 1 THEN c.of_company ELSE c.company_id END AS company_id,
               (c.contacts = 1 AND (c.companies = 0
                    OR (c.companies = 1 AND c.company_id IS NOT DISTINCT FROM c.of_company)))
                OR (c.contacts = 0 AND c.companies = 1) AS is_one
        FROM counted c JOIN crm_customerorder o ON o.id = c.order_id
        """
    )
    rules = " ".join(f"WHEN {place} THEN '{rule}'" for place, rule in enumerate(RULES))
    cursor.execute(
        f"""
        INSERT INTO crm_orderlink (source, order_number, company_id, contact_id, rule, linked_at)
        SELECT source, order_number, company_id, contact_id, CASE place {rules} END, %s
        FROM linked WHERE is_one ON CONFLICT DO NOTHING
        """,
        [at],
    )
    count = int(cursor.rowcount)
    cursor.execute("UPDATE crm_waitingorder w SET is_ambiguous = l.order_id IS NOT NULL"
                   " FROM wanted x LEFT JOIN linked l ON l.order_id = x.order_id AND NOT l.is_one"
                   " WHERE w.order_id = x.order_id"
                   " AND w.is_ambiguous IS DISTINCT FROM (l.order_id IS NOT NULL)")  # fmt: skip
    cursor.execute("DELETE FROM crm_waitingorder w USING linked l"
                   " WHERE w.order_id = l.order_id AND l.is_one")  # fmt: skip
    for kind in ("company", "contact"):
        cursor.execute(f"INSERT INTO touched_{kind} SELECT DISTINCT {kind}_id FROM linked"
                       f" WHERE is_one AND {kind}_id IS NOT NULL ON CONFLICT DO NOTHING")  # fmt: skip
    _tell_named(cursor, "(SELECT x.* FROM wanted x JOIN crm_waitingorder w USING (order_id))")
    cursor.execute("DROP TABLE wanted, linked")
    return count


def name_again(cursor: Any) -> None:
    """Look through the names of all that waits: at night, for whoever joined or left a team."""
    _tell_named(cursor, "(SELECT * FROM crm_waitingorder WHERE left_at IS NULL)")


def _tell_named(cursor: Any, waiting: str) -> None:
    """Of waiting orders: whether a customer whom the seller may know bears the name.

    Names that anybody bears are found first, each once; most orders of a shop say one that nobody
    bears.
    """
    cursor.execute(
        "CREATE TEMP TABLE said ON COMMIT DROP AS"
        f" SELECT order_id, unnest(name_keys) AS name FROM {waiting} w"
    )
    cursor.execute("ANALYZE said")
    borne = " UNION ALL ".join(
        f"SELECT s.name, r.id, '{kind}' AS kind FROM (SELECT DISTINCT name FROM said) s"
        f" JOIN crm_{kind} r ON r.name_keys @> ARRAY[s.name]::varchar[]"
        for kind in ("company", "contact")
    )
    cursor.execute(f"CREATE TEMP TABLE borne ON COMMIT DROP AS {borne}")
    cursor.execute("ANALYZE borne")
    named = " UNION ".join(
        f"SELECT s.order_id FROM said s JOIN borne b ON b.name = s.name AND b.kind = '{kind}'"
        f" JOIN crm_customerorder o ON o.id = s.order_id JOIN crm_{kind} r ON r.id = b.id"
        f" WHERE {_MAY_KNOW.format(kind=kind)}"
        for kind in ("company", "contact")
    )
    cursor.execute(
        f"""
        WITH named AS ({named})
        UPDATE crm_waitingorder w SET is_named = n.order_id IS NOT NULL
        FROM {waiting} x LEFT JOIN named n USING (order_id)
        WHERE w.order_id = x.order_id AND w.is_named IS DISTINCT FROM (n.order_id IS NOT NULL)
        """
    )
    cursor.execute("DROP TABLE said, borne")


def _waiting_by_name(cursor: Any) -> str:
    """Waiting orders under a name that came, went or changed hands."""
    cursor.execute("SELECT count(*) FROM touched_name")
    if cursor.fetchone()[0] <= NAMES_FEW:
        return (
            "SELECT w.order_id FROM crm_waitingorder w"
            " WHERE w.name_keys && (SELECT array_agg(key) FROM touched_name)"
        )
    cursor.execute("ANALYZE touched_name")
    return (
        "SELECT w.order_id FROM (SELECT order_id, unnest(name_keys) AS key FROM crm_waitingorder) w"
        " JOIN touched_name USING (key)"
    )


def _waiting_for_them(by_name: str) -> str:
    """Waiting orders that a customer who changed may be the buyer of; not those taken already."""
    parts = [
        by_name,
        (
            "SELECT w.order_id FROM touched_company t JOIN crm_company c USING (id)"
            " JOIN crm_waitingorder w ON w.number = c.number AND w.number <> ''"
        ),
        (
            "SELECT w.order_id FROM touched_contact t JOIN crm_contact c USING (id)"
            " JOIN crm_waitingorder w ON w.number = c.number AND w.number <> ''"
        ),
    ]
    for rule, kinds in KINDS_OF_POINTS.items():
        parts += [
            f"SELECT w.order_id FROM touched_{holder} t"
            f" JOIN crm_contactpoint p ON p.{holder}_id = t.id AND p.kind IN ({kinds})"
            f" JOIN crm_waitingorder w ON w.{rule} = p.normalised AND w.{rule} <> ''"
            for holder in ("company", "contact")
        ]
    found = " UNION ".join(parts)
    return (
        f"SELECT w.* FROM crm_waitingorder w WHERE w.order_id IN ({found})"
        " AND w.left_at IS NULL AND NOT EXISTS (SELECT 1 FROM wanted x WHERE x.order_id = w.order_id)"
    )
