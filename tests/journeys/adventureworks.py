"""A real company's raw files read with pandas alone: what the product has to agree with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd

CENT = Decimal("0.01")
QUARTERS = tuple(
    f"{year}Q{quarter}" for year in (2017, 2018, 2019, 2020) for quarter in (1, 2, 3, 4)
)[2:14]
# The director of sales sells nothing and is paid by no plan: the other seventeen are.
DIRECTOR = "277"

Money = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Expected:
    """By (payee, quarter): sales, quota, commission, override, and what both make."""

    sales: Money
    quotas: Money
    commission: Money
    override: Money

    @property
    def earned(self) -> Money:
        keys = {**self.commission, **self.override}
        nothing = Decimal(0)
        return {
            key: self.commission.get(key, nothing) + self.override.get(key, nothing) for key in keys
        }


def quarter_of_key(folder: Path) -> dict[str, str]:
    """The quota file's twelve date keys in order are the quarters 2017Q3 … 2020Q2."""
    keys = sorted(set(_quotas(folder)["key"]))
    return dict(zip(keys, QUARTERS, strict=True))


def managers(folder: Path) -> dict[str, str]:
    """Seller → manager, both among the salespeople, from the hierarchy nodes of the employees.

    A node is a path of bits, padded with zeros to whole bytes: an ancestor's bits begin its own.
    """
    people = _read(folder / "salespeople.psv", "|")
    employees = pd.read_csv(
        folder / "employees.tsv", sep="\t", header=None, dtype=str, keep_default_na=False
    )
    path = {
        national: bin(int("1" + node, 16))[3:].rstrip("0")
        for national, node in zip(employees[1], employees[3], strict=True)
        if node
    }
    nodes = {
        key: path[national]
        for key, national in zip(people["EmployeeKey"], people["EmployeeID"], strict=True)
    }
    found = {}
    for key, node in nodes.items():
        above = [
            (len(other), boss)
            for boss, other in nodes.items()
            if boss != key and node.startswith(other)
        ]
        if above:
            found[key] = max(above)[1]
    return found


def expected(folder: Path) -> Expected:
    """2 % up to quota, 4 % above, and half a percent of what a payee's direct reports sold."""
    lines = pd.concat([_old_lines(folder), _june_lines(folder)])
    assert len(lines) == 60_855
    lines["quarter"] = lines["day"].dt.year.astype(str) + "Q" + lines["day"].dt.quarter.astype(str)
    grouped = lines.groupby(["payee", "quarter"])["amount"].apply(
        lambda part: sum(part, Decimal(0))
    )
    sales = {key: Decimal(amount) for key, amount in grouped.items()}
    quarter = quarter_of_key(folder)
    quotas = {
        (payee, quarter[key]): Decimal(amount)
        for payee, key, amount in _quotas(folder).itertuples(index=False)
    }
    commission = {
        key: _commission(sales.get(key, Decimal(0)), quota) for key, quota in quotas.items()
    }
    team: dict[tuple[str, str], Decimal] = {}
    boss = managers(folder)
    for (payee, period), amount in sales.items():
        if payee in boss and boss[payee] != DIRECTOR:
            key = (boss[payee], period)
            team[key] = team.get(key, Decimal(0)) + amount
    override = {key: _cents(amount * Decimal("0.005")) for key, amount in team.items()}
    return Expected(sales, quotas, commission, override)


def _commission(sold: Decimal, quota: Decimal) -> Decimal:
    below, above = min(sold, quota), max(sold - quota, Decimal(0))
    return _cents(below * Decimal("0.02") + above * Decimal("0.04"))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _old_lines(folder: Path) -> pd.DataFrame:
    raw = _read(folder / "sales_2017-07_2020-05.psv", "|")
    return _lines(raw, "OrderDate", "%Y/%m/%d", "Sales")


def _june_lines(folder: Path) -> pd.DataFrame:
    raw = _read(folder / "sales_2020-06.utf16.csv", ",", encoding="utf-16")
    return _lines(raw, "OrderDate", "%Y-%m-%d", "SalesAmount")


def _lines(raw: pd.DataFrame, day: str, style: str, amount: str) -> pd.DataFrame:
    figures = raw[amount].str.replace(r"[$,]", "", regex=True).map(Decimal)
    return pd.DataFrame(
        {
            "payee": raw["EmployeeKey"],
            "day": pd.to_datetime(raw[day].str.slice(0, 10), format=style),
            "amount": figures,
        }
    )


def _quotas(folder: Path) -> pd.DataFrame:
    raw = pd.read_csv(folder / "quotas.psv", sep="|", header=None, dtype=str)
    return pd.DataFrame({"payee": raw[1], "key": raw[2], "amount": raw[5]})


def _read(path: Path, separator: str, encoding: str = "utf-8-sig") -> pd.DataFrame:
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding=encoding)
