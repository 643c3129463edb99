"""A company that sold something: a year of a few lines, quotas, a rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from paceline.goals.actions import Target, set_quota
from paceline.imports.actions import import_file
from paceline.insights import actions
from tests.keeping import once
from tests.world import NOW, World

LINES = """Order,Line,Order date,Payee,Customer,Product,Category,Channel,Quantity,Amount,Cost,Currency
A1,1,2026-05-04,{p},Acme,Lamp,Home,Shop,2,100.00,60.00,USD
A1,2,2026-05-04,{p},Acme,Desk,Home,Shop,1,300.00,,USD
A2,1,2026-06-10,{p},Beta,Lamp,Home,Chat,1,50.00,30.00,USD
A3,1,2026-07-01,{p},Acme,Lamp,Home,Shop,1,51.00,30.00,USD
B1,1,2026-05-20,{o},Gamma,Chair,Home,Live,1,200.00,90.00,USD
B2,1,2026-07-02,{o},Gamma,Chair,Home,Live,1,100.00,50.00,EUR
C1,1,2026-07-03,,Delta,Lamp,Home,Web,1,10.00,6.00,USD
F1,1,2026-02-03,{f},Acme,Lamp,Home,Shop,1,40.00,20.00,USD
"""
RETURNS = """Return,Line,Return date,Order returned,Line returned,Quantity,Amount
R1,1,2026-06-02,A1,1,1,50.00
"""
RATES = """From currency,To currency,Date,Rate
EUR,USD,2026-07-01,1.10
EUR,USD,2026-07-02,1.20
"""


def bring(world: World, kind: str, text: str, folder: Path) -> None:
    path = folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    import_file(kind=kind, path=path, name=path.name, by=world.dana, at=NOW)


@pytest.fixture
def sold(world: World, _cubes: None) -> World:
    """The cast after some sales: see ``LINES``. Their sums were made."""
    return once(_sell, world)


def _sell(world: World) -> World:
    numbers = {"p": world.priya.number, "o": world.omar.number, "f": world.fred.number}
    with TemporaryDirectory() as folder:
        bring(world, "order_lines", LINES.format(**numbers), Path(folder))
        bring(world, "returns", RETURNS, Path(folder))
        bring(world, "exchange_rates", RATES, Path(folder))
    for person, amount in ((world.priya, 1000), (world.omar, 500)):
        target = Target("sales", date(2026, 4, 1), date(2026, 7, 1), Decimal(amount), "USD")
        set_quota(person=person, target=target, reason="", by=world.dana, at=world.now)
    actions.bring_up_to_date(at=NOW)
    return world


@pytest.fixture(scope="session")
def cubes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of sums are known by what they were made of: what one test made stands for the next."""
    return tmp_path_factory.mktemp("cubes")


@pytest.fixture(autouse=True)
def _cubes(cubes_folder: Path, settings: Any) -> None:
    settings.INSIGHTS_CUBES = cubes_folder
