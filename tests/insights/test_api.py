"""Questions by programs: answered as far as the owner of the token sees."""

from __future__ import annotations

from decimal import Decimal

from tests.api.calling import program_for
from tests.world import World


def test_a_question_is_answered_as_far_as_its_owner_sees(sold: World) -> None:
    priya, dana, hana = (program_for(one) for one in (sold.priya, sold.dana, sold.hana))
    measures = {one["id"]: one for one in priya.rows("/measures")}
    assert "person" in measures["net_sales"]["splits"]
    asked = "/answers?measure=net_sales&split=person&starts_on=2026-07-01&ends_before=2026-08-01"
    mine, everybody = priya.get(asked), dana.get(asked)
    assert mine.status_code == 200, mine.content
    assert [(one["key"], one["label"]) for one in mine.json()["rows"]] == [("E001", "Priya Nair")]
    assert (Decimal(mine.json()["total"]), mine.json()["currency"]) == (51, "USD")
    found = {one["key"]: Decimal(one["value"]) for one in everybody.json()["rows"]}
    assert found == {"E001": 51, sold.omar.number: 115, "": 10}
    only = dana.get(f"{asked}&only=person:E001&over=month&compare=previous").json()
    assert [(one["bucket"], Decimal(one["value"])) for one in only["rows"]] == [("2026-07-01", 51)]
    wrong = (
        "&split=moon", "&only=team", "&only=moon:1", "&measure=luck", "&compare=never",
        "&ends_before=2020-01-01", "&span=soon&starts_on=&ends_before=",
    )  # fmt: skip
    for more in wrong:
        assert dana.get(f"{asked}{more}").status_code == 422, more
    assert hana.get(asked).status_code == 403
