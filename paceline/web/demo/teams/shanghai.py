"""Shanghai's courses: they count when they can no longer be cancelled; newcomers are ramped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from paceline.orders import actions as orders
from paceline.orders.models import AttributeType
from paceline.org.models import Role
from paceline.web.demo import papers
from paceline.web.demo.calendar import Quarter
from paceline.web.demo.papers import Paper
from paceline.web.demo.sales import Line
from paceline.web.demo.stage import BEGAN, Stage
from paceline.web.demo.teams.plans import PayPlan, positions, teams


def _campaign(stage: Stage) -> Quarter:
    """The quarter of the latest campaign that has begun."""
    return Quarter(stage.calendar.as_of.year - (stage.calendar.as_of.month < 11), 4)


PLANS = (
    PayPlan(
        "shanghai-courses",
        teams("shanghai"),
        accepted="按档位全额计提写在聘用协议里，各档跳点已向全体顾问公布；改为分段计提须先与员工协商。",
    ),
    PayPlan("shanghai-growth", positions("course-adviser")),
    PayPlan("shanghai-teachers", teams("shanghai-firms")),
    PayPlan("shanghai-1111", positions("course-adviser"), campaign=_campaign),
)
TEAMS = ("shanghai-one", "shanghai-two", "shanghai-firms")
RETURN_WINDOW = 14
TARGET = 330_000


# Every course has a class teacher of the training group, who keeps its students until it ends.
TEACHER = "班主任"


def name_attributes(stage: Stage) -> None:
    """The column in which the shop's export names the class teacher."""
    orders.add_line_attribute(
        name="class_teacher",
        label=TEACHER,
        holds=AttributeType.PERSON,
        by=stage.acting(Role.COMPENSATION, 1),
        at=stage.at(BEGAN, 13),
    )


def teacher_of(stage: Stage, line: Line) -> str:
    """Who looks after the students of a line: the same for all lines of an order."""
    teachers = stage.cast.sellers_of("shanghai-firms", line.day)
    return teachers[int(line.order[-4:]) % len(teachers)].number


def final_on(line: Line) -> date:
    """A course can be cancelled for two weeks."""
    return line.day + timedelta(days=RETURN_WINDOW)


def bring_in_leaves(stage: Stage) -> None:
    """Maternity leave is paid; the plan asks nothing for the months in which nobody was there."""
    rows = (
        (member.number, member.away[0], member.away[1] - timedelta(days=1), "带薪")
        for member in stage.cast.members.values()
        if member.away is not None
    )
    header = ("员工编号", "开始日期", "结束日期", "假别")
    path = papers.write(Paper("gb18030"), stage.folder / "shanghai-leave", header, rows)
    stage.bring_in("leaves", path, by=stage.acting(Role.HR, 1), at=stage.at(BEGAN, 11, 40))


def bring_in_targets(stage: Stage) -> None:
    """The same target for every adviser and quarter; the plan asks newcomers for less."""
    header = ("员工编号", "指标", "季度", "目标", "币种")
    path = papers.write(Paper("gb18030"), stage.folder / "shanghai-targets", header, _rows(stage))
    by = stage.acting(Role.COMPENSATION, 1)
    stage.bring_in("quotas", path, by=by, at=stage.at(BEGAN - 1, 14, 20))


def _rows(stage: Stage) -> Iterator[tuple[object, ...]]:
    for quarter in stage.calendar.quarters:
        last = min(quarter.ends_before, stage.calendar.as_of) - timedelta(days=1)
        seated = {
            member.number
            for team in TEAMS
            for day in (quarter.starts_on, last)
            for member in stage.cast.sellers_of(team, day)
        }
        for number in sorted(seated):
            yield number, "course-target", quarter.key, TARGET, "CNY"
