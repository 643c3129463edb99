"""The company itself from files: teams, people, reporting lines, named hierarchies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import access, checking, places
from paceline.imports.actions import company, staging
from paceline.imports.kinds import Changes, Check, Commit, Field, FieldType, ImportKind, register
from paceline.org.models import Person

# A rehearsal is rolled back; its time is never kept.
REHEARSED_AT = datetime(2000, 1, 1, tzinfo=UTC)
NUMBER_NAMES = (
    "employee number",
    "employee id",
    "EmployeeKey",
    "id",
    "員工編號",
    "员工编号",
    "工号",
    "Personalnummer",
)
STARTS_ON = Field(
    "starts_on",
    _("First day"),
    FieldType.DAY,
    required=True,
    aliases=(
        "from",
        "start",
        "start date",
        "hire date",
        "hired",
        "到職日",
        "到職日期",
        "入職日",
        "到职日",
        "到职日期",
        "入职日",
        "入职日期",
        "開始日期",
        "开始日期",
        "Eintritt",
    ),
    example="2024-01-01",
)
LAST_DAY = Field(
    "last_day",
    _("Last day"),
    FieldType.DAY,
    aliases=(
        "to",
        "until",
        "end date",
        "離職日",
        "離職日期",
        "离职日",
        "离职日期",
        "結束日期",
        "结束日期",
        "Austritt",
    ),
)

PEOPLE_FIELDS = (
    Field("number", _("Employee number"), required=True, max_length=40, aliases=NUMBER_NAMES, example="E-17"),
    Field(
        "name",
        pgettext_lazy("person", "Name"),
        required=True,
        max_length=120,
        aliases=("full name", "employee", "salesperson", "姓名", "Name", "Nome"),
        example="林文心",
    ),
    Field("latin_name", _("Name in Latin letters"), max_length=120, aliases=("english name", "英文名", "拼音"), example="Lin Wenxin"),
    Field("email", _("E-mail address"), max_length=254, aliases=("mail", "e-mail", "UPN", "電子郵件", "邮箱", "电子邮箱"), example="wen@example.com"),
    STARTS_ON,
    LAST_DAY,
    Field(
        "country",
        _("Country"),
        FieldType.CHOICE,
        required=True,
        aliases=("country code", "國家", "国家", "Land", "País"),
        hint=_("Two letters, such as TW, CN or DE."),
        example="TW",
        choices=places.COUNTRIES,
    ),
    Field("currency", _("Pay currency"), FieldType.CURRENCY, required=True, aliases=("currency", "幣別", "币种", "Währung"), example="TWD"),
    Field(
        "language",
        _("Language"),
        FieldType.CHOICE,
        default="en",
        aliases=("語言", "语言", "Sprache"),
        choices={
            "en": ("en", "english"),
            "zh-hant": ("zh-hant", "zh-tw", "繁體中文", "繁中"),
            "zh-hans": ("zh-hans", "zh-cn", "简体中文", "简中"),
        },
        example="zh-hant",
    ),
    Field("time_zone", _("Time zone"), FieldType.CHOICE, default="UTC", aliases=("zone", "時區", "时区"), choices=places.TIME_ZONES, unknown="not_a_zone", hint=_("A place of the time zone database, such as Asia/Shanghai."), example="Asia/Taipei"),
    Field("region", _("Region of work"), max_length=80, aliases=("region", "province", "work city", "工作地區", "工作地", "工作地区", "工作城市"), example="Taipei"),
    Field(
        "probation_last_day",
        _("Last day of probation"),
        FieldType.DAY,
        aliases=("probation", "probation until", "probation ends", "試用期截止", "試用期滿", "试用期截止", "试用期满", "Probezeit bis"),
    ),
    Field("position", _("Position"), max_length=120, aliases=("title", "job title", "職稱", "职位", "岗位", "Stelle"), example="Sales representative"),
    Field("level", _("Level"), max_length=40, aliases=("grade", "職等", "职级")),
    Field("job_family", _("Job family"), max_length=80, aliases=("family", "職系", "职族")),
    Field("team", _("Team"), max_length=120, aliases=("department", "團隊", "团队", "部門", "部门"), example="north"),
    Field(
        "since",
        _("Position and team since"),
        FieldType.DAY,
        aliases=("effective from", "valid from", "生效日", "生效日期"),
        hint=_("The first day of the position, team and terms; without it the first day of work."),
    ),
)  # fmt: skip

TEAM_FIELDS = (
    Field("code", pgettext_lazy("short name", "Code"), required=True, max_length=60, aliases=("team", "team code", "團隊代碼", "团队代码"), example="north"),
    Field(
        "name",
        pgettext_lazy("team", "Name"),
        required=True,
        max_length=120,
        aliases=("team name", "團隊", "團隊名稱", "团队", "团队名称"),
        example="North",
    ),
    Field("parent", _("Part of"), max_length=120, aliases=("parent team", "parent code", "上級團隊", "上级团队"), example="sales"),
)  # fmt: skip

REPORTING_FIELDS = (
    Field("person", _("Person"), FieldType.PERSON, required=True, aliases=(*NUMBER_NAMES, "employee", "report", "員工", "员工"), example="E-17"),
    Field("manager", _("Manager"), FieldType.PERSON, required=True, aliases=("reports to", "supervisor", "lead", "manager number", "主管", "上级", "直属上级", "Vorgesetzter"), example="E-3"),
    STARTS_ON,
    LAST_DAY,
)  # fmt: skip

HIERARCHY_FIELDS = (
    Field(
        "hierarchy",
        _("Hierarchy"),
        required=True,
        max_length=60,
        aliases=("hierarchy code", "tree", "roll-up", "體系", "體系代碼", "体系", "体系代码", "Hierarchie", "Hierarquia"),
        hint=_("Its name in plans, such as region; one that is not known is made."),
        example="region",
    ),
    Field("person", _("Person"), FieldType.PERSON, required=True, aliases=(*NUMBER_NAMES, "employee", "員工", "员工"), example="E-17"),
    Field(
        "manager",
        _("Stands below"),
        FieldType.PERSON,
        required=True,
        aliases=("manager", "above", "responsible", "負責人", "负责人", "上級", "上级", "Verantwortlich", "Responsável"),
        example="E-3",
    ),
    STARTS_ON,
    LAST_DAY,
)  # fmt: skip

LEAVE_FIELDS = (
    Field("person", _("Person"), FieldType.PERSON, required=True, aliases=(*NUMBER_NAMES, "employee", "員工", "员工"), example="E-17"),
    STARTS_ON,
    LAST_DAY,
    Field(
        "kind",
        pgettext_lazy("leave", "Kind"),
        FieldType.CHOICE,
        required=True,
        aliases=("type", "leave type", "paid", "假別", "給薪", "假别", "带薪", "Art", "Tipo"),
        hint=_("Paid or unpaid."),
        choices={
            "paid": ("paid", "yes", "1", "有薪", "給薪", "支薪", "带薪", "有薪假", "bezahlt", "remunerada"),
            "unpaid": ("unpaid", "no", "0", "無薪", "不給薪", "留職停薪", "无薪", "停薪", "unbezahlt", "não remunerada"),
        },
        example="paid",
    ),
)  # fmt: skip

_AFTER = "CAST(last_day + INTERVAL 1 DAY AS DATE) AS ends_before"


def _records(check: Check, order: str) -> list[dict[str, Any]]:
    """The accepted records as dictionaries, in an order in which they can be written."""
    rows: list[dict[str, Any]] = (
        check.duck.sql(f"SELECT * FROM accepted ORDER BY {order}").to_arrow_table().to_pylist()  # noqa: S608
    )
    return rows


def _days(check: Check) -> None:
    check.duck.execute(f"CREATE OR REPLACE TABLE lines AS SELECT *, {_AFTER} FROM lines")  # noqa: S608
    checking.add_problem(
        check,
        "SELECT row, 'last_day', 'ends_before_start', '{}', 'error' FROM lines"
        " WHERE last_day < starts_on",
    )


def check_people(check: Check) -> None:
    _days(check)
    checking.refuse_repeats(check, ("number",))
    checking.add_problem(
        check,
        "SELECT row, 'email', 'email_malformed', json_object('value', email), 'error'"
        " FROM lines WHERE email <> '' AND NOT regexp_full_match(email, '[^@\\s]+@[^@\\s]+')",
    )


def check_teams(check: Check) -> None:
    checking.refuse_repeats(check, ("code",))
    # Teams that hang below one another find no parent when they are written: said for what it is.
    checking.add_problem(
        check,
        """
        WITH RECURSIVE up AS (
            SELECT lower(code) AS code, lower(parent) AS above FROM lines WHERE parent <> ''
            UNION
            SELECT u.code, lower(l.parent) FROM up u JOIN lines l ON lower(l.code) = u.above
            WHERE l.parent <> '')
        SELECT l.row, 'parent', 'team_circle', '{}', 'error'
        FROM lines l SEMI JOIN up u ON u.code = lower(l.code) AND u.above = u.code
        """,
    )


def check_reporting(check: Check) -> None:
    _days(check)
    checking.refuse_repeats(check, ("person_id", "starts_on"))


def check_places(check: Check) -> None:
    _days(check)
    checking.refuse_repeats(check, ("hierarchy", "person_id", "starts_on"))


def check_leaves(check: Check) -> None:
    _days(check)
    checking.refuse_repeats(check, ("person_id", "starts_on"))


def _in_tree_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parents before children; what hangs in a circle keeps its place and is refused."""
    waiting = {record["code"].casefold(): record for record in records}
    ordered: list[dict[str, Any]] = []
    while waiting:
        ready = [
            key for key, record in waiting.items() if record["parent"].casefold() not in waiting
        ]
        if not ready:
            return ordered + list(waiting.values())
        ordered += [waiting.pop(key) for key in ready]
    return ordered


Step = Callable[[Check], list[dict[str, Any]]]


def _people(check: Check) -> list[dict[str, Any]]:
    return _records(check, "row")


def _teams(check: Check) -> list[dict[str, Any]]:
    return _in_tree_order(_records(check, "row"))


def _by_day(check: Check) -> list[dict[str, Any]]:
    return _records(check, "starts_on, row")


def _match(step: Step, write: company.Write) -> Callable[[Check], Changes]:
    def match(check: Check) -> Changes:
        writer = company.Writer(check.by, REHEARSED_AT)
        return company.rehearse(check, step(check), write, writer)

    return match


def _apply(step: Step, write: company.Write) -> Callable[[Check, Changes, Commit], Changes]:
    def apply(check: Check, changes: Changes, commit: Commit) -> Changes:
        return company.perform(step(check), write, commit)

    return apply


def lock_company() -> None:
    staging.lock_target("company")


def _kind(
    key: str,
    fields: tuple[Field, ...],
    check: Callable[[Check], None],
    step: Step,
    write: company.Write,
    may_import: Callable[[Person], bool] = access.may_import_company,
) -> ImportKind:
    label, purpose, icon, order = WORDS[key]
    return ImportKind(
        key=key,
        label=label,
        purpose=purpose,
        fields=fields,
        may_import=may_import,
        check=check,
        match=_match(step, write),
        apply=_apply(step, write),
        undo=company.undo,
        lock=lock_company,
        by_record=True,
        icon=icon,
        order=order,
    )


WORDS = {
    "teams": (_("Teams"), _("Groups of people, hanging below one another."), "sitemap", 0),
    "people": (_("People"), _("Who works here, where, in which position and team."), "users", 10),
    "reporting_lines": (
        _("Reporting lines"),
        _("Who reports to whom, and since when."),
        "hierarchy-2",
        20,
    ),
    "hierarchies": (
        _("Places in hierarchies"),
        _("Who answers for a region, a brand or a project, and since when."),
        "sitemap",
        22,
    ),
    "leaves": (_("Leave of absence"), _("Who is away on which days, paid or not."), "beach", 24),
}


def register_kinds() -> None:
    register(_kind("teams", TEAM_FIELDS, check_teams, _teams, company.write_team))
    register(_kind("people", PEOPLE_FIELDS, check_people, _people, company.write_person))
    register(
        _kind(
            "reporting_lines",
            REPORTING_FIELDS,
            check_reporting,
            _by_day,
            company.write_reporting_line,
        )
    )
    register(_kind("hierarchies", HIERARCHY_FIELDS, check_places, _by_day, company.write_place))
    leaves = _kind(
        "leaves", LEAVE_FIELDS, check_leaves, _by_day, company.write_leave, access.may_import_leaves
    )
    register(replace(leaves, is_private=True))
