"""Customers from files: exports of other systems, three modes, likes told first, and back again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from paceline.crm import actions
from paceline.crm.models import (
    Company,
    Contact,
    ContactPoint,
    CustomField,
    Deal,
    DealContributor,
    ExternalKey,
    FieldKind,
    Lead,
    ListKind,
    RecordChange,
    StageChange,
)
from paceline.crm.names import name_keys
from paceline.imports import actions as imports
from paceline.imports import kinds, mapping
from paceline.imports.kinds import UndoRefused
from paceline.imports.layout import Layout
from paceline.imports.models import Import
from paceline.imports.views.results import result
from paceline.kernel import findable
from paceline.org.models import Person
from paceline.search.queries import find
from tests.crm.conftest import Sales
from tests.world import NOW, World, sign_in

pytestmark = pytest.mark.django_db


def checked(kind: str, text: str, by: Person, **chosen: object) -> Import:
    source = imports.upload(kind=kind, content=text.encode(), name="export.csv", by=by, at=NOW)
    if chosen:
        layout = Layout.from_json(source.layout)
        named = {name: mapping.Source(constant=str(value)) for name, value in chosen.items()}
        found = mapping.by_name(named, kinds.kind(kind, by), layout)
        source = imports.set_mapping(source=source, chosen=found, by=by, at=NOW)
    return imports.check(source=source, by=by, at=NOW)


def brought(kind: str, text: str, by: Person, **chosen: object) -> Import:
    source = checked(kind, text, by, **chosen)
    assert source.refusal == {}
    return imports.commit(source=source, by=by, at=NOW)


def told(source: Import) -> list[tuple[int, str]]:
    return list(source.problems.order_by("row", "code").values_list("row", "code"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("極光股份有限公司", "极光有限公司"),
        ("Aurora Ltd.", "AURORA Limited"),
        ("Müller & Söhne GmbH", "Muller und Sohne"),
        ("株式会社サクラ", "サクラ"),
        ("Sakura B.V.", "sakura bv"),
        ("Ａｃｍｅ，Inc", "acme"),
    ],
)
def test_legal_forms_scripts_and_signs_do_not_make_another_company(one: str, other: str) -> None:
    assert name_keys([one]) == name_keys([other])


def test_names_that_are_only_legal_forms_keep_them() -> None:
    assert name_keys(["The Company"]) == ["thecompany"]
    assert name_keys(["Wang Xiaoming"], is_person=True) == name_keys(
        ["Xiaoming WANG"], is_person=True
    )
    assert name_keys(["王小明"], is_person=True) != name_keys(["小明王"], is_person=True)


HUBSPOT = {
    "en": "Record ID,Company name,Company Domain Name,Phone Number,Country/Region,Lifecycle Stage,City",
    "de": "Datensatz-ID,Unternehmensname,Unternehmens-Domainname,Telefonnummer,Land/Region,Lifecycle-Phase,Stadt",
    "zh-tw": "記錄 ID,公司名稱,公司網域名稱,電話號碼,國家/地區,生命週期階段,城市",
    "zh-cn": "记录 ID,公司名称,公司域名,电话号码,国家/地区,生命周期阶段,城市",
}  # fmt: skip
OTHERS = {
    ("crm_contact", "hubspot"): "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Job Title,Contact owner,Lifecycle Stage,Associated Company",
    ("crm_contact", "hubspot", 2): "Record ID - Contact,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Associated Company IDs (Primary),Associated Company (Primary)",
    ("crm_company", "fxiaoke", 2): "客户名称（必填）,客户编号,负责人（必填）,电话,国家,省,市,详细地址,唯一性ID",
    ("crm_deal", "hubspot"): "Record ID,Deal Name,Pipeline,Deal Stage,Amount,Close Date,Deal owner,Associated Company",
    ("crm_company", "salesforce"): "Account ID,Account Name,Billing Street,Billing City,Billing State/Province,Billing Zip/Postal Code,Billing Country,Phone,Website,Industry,Employees,Account Owner",
    ("crm_contact", "salesforce"): "Contact ID,First Name,Last Name,Title,Account Name,Email,Phone,Mobile,Mailing Country,Mailing Street",
    ("crm_lead", "salesforce"): "Lead ID,First Name,Last Name,Company / Account,Email,Phone,Lead Status,Lead Source,Lead Owner",
    ("crm_deal", "salesforce"): "Opportunity ID,Opportunity Name,Account Name,Amount,Close Date,Stage,Next Step,Opportunity Owner",
    ("crm_company", "pipedrive"): "Organization - ID,Organization - Name,Organization - Owner,Organization - Address,Organization - Website",
    ("crm_contact", "pipedrive"): "Person - ID,Person - Name,Person - Organization,Person - Email - Work,Person - Phone - Work,Person - Owner",
    ("crm_deal", "pipedrive"): "Deal - ID,Deal - Title,Deal - Organization,Deal - Value,Deal - Currency,Deal - Stage,Deal - Pipeline,Deal - Expected close date",
    ("crm_company", "fxiaoke"): "客户名称,客户编号,负责人,电话,网址,国家,省,市,详细地址,客户来源,成交状态,唯一性ID",
    ("crm_contact", "fxiaoke"): "姓名,客户名称,手机1,电话1,邮件,职务,部门,负责人,唯一性ID",
    ("crm_lead", "fxiaoke"): "姓名,公司,手机,邮件,线索来源,线索状态,负责人,唯一性ID,归属部门",
    ("crm_deal", "fxiaoke"): "商机名称,客户名称,商机金额,商机阶段,预计成交日期,负责人,唯一性ID",
}  # fmt: skip
MUST_BE_FOUND = {
    "crm_company": {"name", "external_id"},
    "crm_contact": {"external_id", "email", "company"},
    "crm_lead": {"external_id", "company_name", "email"},
    "crm_deal": {"external_id", "title", "company", "amount", "stage"},
}


@pytest.mark.parametrize(
    ("kind", "system", "header"),
    [
        *(("crm_company", "hubspot", header) for header in HUBSPOT.values()),
        *((kind, system, header) for (kind, system, *_rest), header in OTHERS.items()),
    ],
)
def test_exports_are_recognised_in_their_languages(kind: str, system: str, header: str) -> None:
    layout = Layout(columns=tuple(header.split(",")))
    found = kinds.kind(kind)
    chosen = mapping.suggest(found, layout)
    assert chosen["origin"].constant == system
    taken = {name for name, source in chosen.items() if source.column is not None}
    assert MUST_BE_FOUND[kind] <= taken
    if kind == "crm_company" and system == "hubspot":
        assert {"website", "phone", "country", "lifecycle", "city"} <= taken


def test_companies_come_in_change_and_go_again(world: World, sales: Sales) -> None:
    field = CustomField.objects.create(
        team=world.north, of=ListKind.COMPANY, label="Shelf", kind=FieldKind.NUMBER
    )
    header = f"{HUBSPOT['en']},Company owner,Shelf,Email\n"
    first = brought(
        "crm_company",
        header
        + '7,極光有限公司,https://www.aurora.tw/x,"+886 2 2345 6789; 02-2345-6780",Taiwan,Customer,台北,Priya Nair,12.50,a@aurora.tw\n'
        + "8,سوق النور 🌙,nur.ae,,United Arab Emirates,Lead,Dubai,Former Colleague,,\n",
        world.priya,
    )
    assert (first.totals["new"], first.totals["changed"], first.totals["rejected"]) == (2, 0, 0)
    one, two = Company.objects.filter(external_keys__origin="hubspot").order_by("pk")
    assert (one.name, one.country, one.lifecycle, one.team, one.owner, one.source) == (
        "極光有限公司", "TW", "customer", world.north, world.priya, "file",
    )  # fmt: skip
    assert one.custom == {field.key: "12.5"}
    assert two.name == "سوق النور 🌙"
    # Who looked after it in the other system works here no more: nobody's, and told so.
    assert two.owner is None
    assert told(first) == [(3, "owner_unknown")]
    own = checked("crm_company", "Name,Owner\nNeu AG,Former Colleague\n", world.priya)
    assert told(own) == [(2, "person_unknown")]
    assert own.totals["new"] == 0
    assert [(p.kind, p.value, p.normalised) for p in one.points.order_by("rank")] == [
        ("phone", "+886 2 2345 6789", "+886223456789"),
        ("phone", "02-2345-6780", "+886223456780"),
        ("email", "a@aurora.tw", "a@aurora.tw"),
    ]
    assert find(world.priya, "极光")["company"] == [one.pk]
    assert "company" not in find(world.omar, "极光")
    # The same file again says nothing new; another one changes what it says and keeps the rest.
    again = checked("crm_company", header + "7,極光有限公司,,,,,,,,\n", world.priya)
    assert (again.totals["new"], again.totals["changed"], again.totals["same"]) == (0, 0, 1)
    second = brought(
        "crm_company",
        "Record ID,Company name,Lifecycle Stage,Phone Number,Country/Region\n"
        "7,極光科技有限公司,Evangelist,02 2345 6781,TW\n9,Neu GmbH,,,\n",
        world.marco,
    )
    assert (second.totals["new"], second.totals["changed"]) == (1, 1)
    one.refresh_from_db()
    assert (one.name, one.lifecycle, one.version, one.country) == (
        "極光科技有限公司",
        "regular",
        2,
        "TW",
    )
    change = RecordChange.objects.get(company=one)
    assert change.before["name"] == "極光有限公司"
    assert set(change.after) == {"name", "lifecycle", "points"}
    assert one.points.count() == 4
    imports.undo(source=second, reason="wrong file", by=world.marco, at=NOW)
    one.refresh_from_db()
    assert (one.name, one.lifecycle, one.version) == ("極光有限公司", "customer", 3)
    assert one.name_keys == name_keys([one.name])
    assert one.points.count() == 3
    assert not Company.objects.filter(name="Neu GmbH").exists()
    assert ExternalKey.objects.count() == 2
    # What somebody changed since, or what hangs on it, cannot be taken back.
    actions.change(record=two, facts={"name": "Nur"}, by=world.priya, at=NOW)
    with pytest.raises(UndoRefused):
        imports.undo(source=first, reason="again", by=world.priya, at=NOW)
    assert Company.objects.filter(pk__in=[one.pk, two.pk]).count() == 2


def test_three_modes_and_what_looks_alike(world: World, sales: Sales) -> None:
    actions.change(
        record=sales.company, by=world.priya, at=NOW,
        facts={"number": "K-1", "website": "https://aurora.tw", "country": "TW"},
        points=[actions.Point("phone", "02 2345 6789")],
    )  # fmt: skip
    text = "Company name,Customer number,Phone,Country,Website\nAurora Limited,K-1,,TW,\nAURORA INC,,,TW,\nOther,,+886-2-2345-6789,TW,\nThird,,,,www.aurora.tw/shop\n"
    both = checked("crm_company", text, world.priya)
    assert (both.totals["new"], both.totals["changed"], both.totals["same"]) == (3, 1, 0)
    assert told(both) == [
        (2, "looks_like_lines"), (3, "looks_like"), (4, "looks_like"), (5, "looks_like"),
    ]  # fmt: skip
    assert [one["record"] for one in both.problems.filter(code="looks_like").values_list("params", flat=True)] == [f"#{sales.company.pk}"] * 3  # fmt: skip
    notes = result(both, kinds.kind("crm_company", world.priya), world.priya)["notes"]
    assert "Aurora Ltd" in notes[1].text
    create = checked("crm_company", text, world.priya, mode="create")
    assert (create.totals["new"], create.totals["same"]) == (3, 1)
    assert (2, "known_already") in told(create)
    update = checked("crm_company", text, world.priya, mode="update")
    assert (update.totals["new"], update.totals["changed"], update.totals["rejected"]) == (0, 1, 3)
    out = checked("crm_company", text, world.priya, likeness="leave_out")
    assert (out.totals["new"], out.totals["changed"], out.totals["same"]) == (0, 1, 3)
    # Another team learns nothing of it: neither by key nor by likeness.
    foreign = checked("crm_company", text, world.omar)
    assert (foreign.totals["new"], foreign.totals["changed"]) == (4, 0)
    assert [code for _row, code in told(foreign)] == ["looks_like_lines"]
    assert Company.objects.count() == 1


def test_contacts_bring_their_companies_and_nobody_who_was_erased(
    world: World, sales: Sales
) -> None:
    actions.erase_contact(contact=sales.contact, reason="asked", by=world.marco, at=NOW)
    source = brought(
        "crm_contact",
        "First Name,Last Name,Email,Mobile Phone Number,Associated Company,Country/Region,WeChat,Contact owner,Record ID\n"
        "小美,林,mei@x.tw,0912-000-111,Aurora Ltd,TW,mei88,Priya Nair,1\n"
        "Ann,Lee,ann@x.com;ann@y.com,,New Shop Inc,US,,,2\n"
        "Bob,Ray,bob@x.com,,New Shop,US,,,3\n"
        "Ming,Wang,ming@aurora.tw,,,TW,,,4\n"
        "Bad,Mail,not a mail,,,TW,,,5\n",
        world.priya,
    )
    assert told(source) == [(5, "was_erased"), (6, "kept_unread")]
    assert (source.totals["new"], source.totals["rejected"]) == (4, 1)
    mei = Contact.objects.get(name="林小美")
    assert (mei.company, mei.owner) == (sales.company, world.priya)
    ann, bob = Contact.objects.get(name="Ann Lee"), Contact.objects.get(name="Bob Ray")
    assert ann.company_id == bob.company_id
    assert ann.company is not None
    assert ann.company.name == "New Shop Inc"
    assert sorted(ann.points.values_list("value", flat=True)) == ["ann@x.com", "ann@y.com"]
    # Known by their mail, whoever exports them next.
    more = brought("crm_contact", "Name,Email,Job title\nAnn Lee,ANN@x.com,Buyer\n", world.priya)
    assert more.totals["changed"] == 1
    ann.refresh_from_db()
    assert ann.title == "Buyer"
    imports.undo(source=more, reason="test", by=world.priya, at=NOW)
    with pytest.raises(UndoRefused):  # the change back is a change since
        imports.undo(source=source, reason="test", by=world.priya, at=NOW)
    # Nobody gives records to people of other teams.
    refused = checked("crm_lead", "Name,Email,Owner\nX,x@x.com,Priya Nair\n", world.omar)
    assert told(refused) == [(2, "owner_not_yours")]


def test_leads_and_deals_come_with_stage_owner_and_day(world: World, sales: Sales) -> None:
    leads = brought(
        "crm_lead",
        "姓名,公司,手机,邮件,线索来源,线索状态,唯一性ID,归属部门\n周文,星河贸易,138 0013 8000,z@x.cn,展会,跟进中,L1,North\n",
        world.priya,
    )
    assert leads.totals["new"] == 1
    lead = Lead.objects.get()
    assert (lead.name, lead.company_name, lead.status, lead.source_detail, lead.team) == (
        "周文", "星河贸易", "working", "展会", world.north,
    )  # fmt: skip
    text = (
        "Deal - ID,Deal - Title,Deal - Organization,Deal - Value,Deal - Currency,Deal - Stage,Deal - Expected close date,Deal - Owner\n"
        "1,Autumn,Aurora Ltd,1500.25,USD,Offer,2026-09-30,Priya Nair\n"
        "2,Won it,Brand New Co,99,USD,won,2026-05-01,Priya Nair\n"
        "3,Odd stage,,5,USD,Nowhere,2026-09-30,\n"
        "4,Won undated,,5,USD,Won,,\n"
        "5,Too fine,,5.001,USD,New,2026-09-30,\n"
    )
    source = brought("crm_deal", text, world.priya, pipeline=sales.north.pk)
    assert told(source) == [(4, "stage_unknown"), (5, "close_date_missing"), (6, "too_many_places")]
    autumn, won = Deal.objects.get(title="Autumn"), Deal.objects.get(title="Won it")
    assert (autumn.amount, autumn.stage.name, autumn.expected_close_on, autumn.company) == (
        Decimal("1500.2500"), "Offer", date(2026, 9, 30), sales.company,
    )  # fmt: skip
    assert (won.stage.kind, won.closed_on, won.expected_close_on) == ("won", date(2026, 5, 1), None)
    assert won.company is not None
    assert won.company.name == "Brand New Co"
    shares = DealContributor.objects.filter(deal=won).values_list("person", "share")
    assert list(shares) == [(world.priya.pk, Decimal(1))]
    assert StageChange.objects.filter(deal=autumn, left_at__isnull=True).count() == 1
    imports.undo(source=source, reason="test", by=world.priya, at=NOW)
    assert Deal.objects.kept().filter(title__in=["Autumn", "Won it"]).count() == 0
    assert not Company.objects.filter(name="Brand New Co").exists()


def test_only_who_brought_a_file_of_customers_sees_it(
    world: World, sales: Sales, django_assert_max_num_queries: object
) -> None:
    source = checked("crm_company", "Company name,Phone\nCanary GmbH,030 1234567\n", world.priya)
    client = sign_in(world.priya)
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        page = client.get(f"/imports/{source.pk}")
    assert page.status_code == 200
    assert b"export.csv" in page.content
    mapped = client.get(f"/imports/{source.pk}?mapping=1").content.decode()
    assert "only create new ones" in mapped
    for name in ("marco", "omar", "dana", "ines", "hana", "ada", "erik"):
        client = sign_in(world.cast[name])
        assert client.get(f"/imports/{source.pk}").status_code in {403, 404}
        listed = client.get("/imports/")
        assert listed.status_code == 403 or b"export.csv" not in listed.content
    assert ContactPoint.objects.filter(company__name="Canary GmbH").count() == 0
    assert "company" in findable.kinds()


def test_what_is_no_number_or_address_is_told_and_kept_beside(
    world: World, sales: Sales, client_for
) -> None:
    text = (
        "Name,Email,Phone,Country/Region\n"
        "Ann Lee,doe@example,not a phone,US\n"
        "Bob Ray,Bob <bob@x.com>; ask Ann,1-800-FLOWERS; ext. 12,US\n"
        "王小美,mei@x.tw mei@y.tw,95588,TW\n"
    )
    source = checked("crm_contact", text, world.priya)
    problems = source.problems.order_by("row", "column").values_list("row", "params__value")
    assert sorted(problems) == [
        (2, "doe@example"), (2, "not a phone"), (3, "ask Ann"), (3, "ext. 12"),
    ]  # fmt: skip
    assert set(source.problems.values_list("severity", "code")) == {("warning", "kept_unread")}
    page = client_for(world.priya).get(f"/imports/{source.pk}").content.decode()
    assert "“not a phone” is no number or address" in page
    imports.commit(source=source, by=world.priya, at=NOW)
    points = {
        name: sorted(Contact.objects.get(name=name).points.values_list("kind", "value", "label"))
        for name in ("Ann Lee", "Bob Ray", "王小美")
    }
    assert points == {
        "Ann Lee": [("other", "doe@example", "E-mail"), ("other", "not a phone", "Phone")],
        "Bob Ray": [
            ("email", "bob@x.com", ""), ("other", "ask Ann", "E-mail"),
            ("other", "ext. 12", "Phone"), ("phone", "1-800-FLOWERS", ""),
        ],
        "王小美": [("email", "mei@x.tw", ""), ("email", "mei@y.tw", ""), ("phone", "95588", "")],
    }  # fmt: skip
    # Whoever is known by their mail is told nothing new by the same file.
    again = brought("crm_contact", text, world.priya)
    assert (again.totals["new"], again.totals["changed"]) == (1, 0)  # Ann has no address
    for one in (again, source):
        imports.undo(source=one, reason="test", by=world.priya, at=NOW)
    assert not ContactPoint.objects.filter(value="not a phone").exists()
