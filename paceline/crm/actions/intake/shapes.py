"""What a file can say of each kind of record, and which of it a record is known by."""

from __future__ import annotations

from dataclasses import dataclass

# The temporary table that the accepted lines are copied into.
STAGED = """
CREATE TEMP TABLE intake (
    row bigint PRIMARY KEY, mode text, likeness text, origin text, external_id text,
    team_id bigint, owner_id bigint, mail text, name_keys jsonb, company_key jsonb,
    company_text text, company_id bigint, points jsonb, custom jsonb, spoken text, {facts}
) ON COMMIT DROP
"""


# The rule by which an order came to the customer whose number it names.
BY_NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of record as files bring it.

    ``texts`` keep what they say where a cell is empty, and so do ``others`` (column and type).
    ``keys`` are columns by which a record is known, besides the other system's ID.
    """

    kind: str
    texts: tuple[str, ...]
    others: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    by_mail: bool = False
    has_company: bool = False
    has_points: bool = True
    is_spoken: bool = False

    @property
    def table(self) -> str:
        return f"crm_{self.kind}"

    @property
    def facts(self) -> tuple[str, ...]:
        """The columns of the record that a line can change by itself."""
        return (*self.texts, *(name for name, _type in self.others))


COMPANY = Shape(
    "company",
    texts=("name", "latin_name", "number", "registration", "website", "industry", "address",
           "country", "territory", "language", "lifecycle", "source_detail"),
    others=(("people_count", "integer"),),
    keys=("number", "registration"),
)  # fmt: skip
CONTACT = Shape(
    "contact",
    texts=("name", "latin_name", "number", "title", "department", "address", "country",
           "territory", "lifecycle", "source_detail"),
    keys=("number",),
    by_mail=True,
    has_company=True,
    is_spoken=True,
)  # fmt: skip
LEAD = Shape(
    "lead",
    texts=("name", "company_name", "title", "status", "message", "interest", "country",
           "territory", "source_detail"),
    by_mail=True,
    is_spoken=True,
)  # fmt: skip
DEAL = Shape(
    "deal",
    texts=("title", "currency", "next_step", "source_detail"),
    others=(("amount", "numeric(20, 4)"), ("next_step_on", "date")),
    has_company=True,
    has_points=False,
)
# What only files of deals say besides: the pipeline, its stage, and the day of closing.
OF_DEALS = (
    ("pipeline_id", "bigint"),
    ("stage", "text"),
    ("close_on", "date"),
    ("stage_id", "bigint"),
)
