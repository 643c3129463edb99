"""What each team sells, where, to whom, and when its customers buy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paceline.web.demo.calendar import Season


@dataclass(frozen=True, slots=True)
class Product:
    """A thing on sale: price in the market's currency, how often it is bought, what it costs."""

    name: str
    category: str
    price: Decimal
    weight: int
    cost_percent: int = 55
    most: int = 1


@dataclass(frozen=True, slots=True)
class Market:
    """A shop as its team runs it. ``lines`` is how many order lines it has in the 24 months."""

    code: str
    teams: tuple[str, ...]
    prefix: str
    currency: str
    lines: int
    season: Season
    products: tuple[Product, ...]
    channels: dict[str, tuple[tuple[str, int], ...]]
    territories: tuple[tuple[str, int], ...]
    returns_percent: int
    discounts: tuple[int, ...] = (0, 0, 0, 5, 10, 15)
    cents: Decimal = Decimal(1)
    shared_percent: int = 0


def _products(text: str, *, cost: int, most: int = 1) -> tuple[Product, ...]:
    """Lines of ``category | name | price | weight``."""
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return tuple(
        Product(name, category, Decimal(price), int(weight), cost, most)
        for category, name, price, weight in rows
    )


_TAIPEI = _products(
    """
    廚房家電 | 智慧電子鍋 | 3680 | 8
    廚房家電 | 氣炸烤箱 | 4990 | 7
    廚房家電 | 手持調理棒 | 1890 | 8
    生活家電 | 空氣清淨機 | 6980 | 5
    生活家電 | 除濕機 12 公升 | 8900 | 5
    生活家電 | 無線吸塵器 | 7680 | 6
    寢具 | 天絲四件組 | 2480 | 8
    寢具 | 羽絨被 | 4580 | 4
    保養 | 玻尿酸精華 | 980 | 14
    保養 | 防曬乳 | 560 | 14
    食品 | 阿里山烏龍茶禮盒 | 1280 | 10
    食品 | 鳳梨酥禮盒 | 680 | 12
    食品 | 濾掛咖啡 | 450 | 12
    配送 | 大型家電安裝費 | 800 | 2
    """,
    cost=58,
    most=3,
)
_SHANGHAI = _products(
    """
    语言 | 商务英语半年班 | 4680 | 9
    语言 | 日语零基础课程 | 2980 | 8
    语言 | 雅思冲刺营 | 5880 | 5
    职业 | 数据分析实战 | 3980 | 8
    职业 | 产品经理入门 | 3280 | 6
    职业 | 短视频运营课 | 1980 | 11
    考证 | 会计职称网课 | 1680 | 10
    考证 | 教师资格证全科 | 1280 | 10
    少儿 | 编程启蒙年卡 | 3680 | 6
    少儿 | 思维训练营 | 2380 | 7
    企业 | 企业内训套餐 | 12800 | 1
    """,
    cost=22,
)
_GADGETS = """
    Outdoor | Folding camp chair | {0} | 9
    Outdoor | Two-person tent | {1} | 5
    Outdoor | LED camping lantern | {2} | 10
    Audio | Wireless earbuds | {3} | 10
    Audio | Bluetooth speaker | {4} | 8
    Power | 20,000 mAh power bank | {5} | 11
    Power | Solar panel, foldable | {6} | 4
    Home | Robot vacuum | {7} | 4
    Home | Air quality monitor | {8} | 6
    Home | Desk lamp with charger | {9} | 8
"""


def _gadgets(*prices: str) -> tuple[Product, ...]:
    return _products(_GADGETS.format(*prices), cost=60, most=2)


MARKETS = (
    Market(
        code="taipei",
        teams=("taipei-chat", "taipei-live", "taipei-brand"),
        prefix="TPE",
        currency="TWD",
        lines=86_000,
        season=Season(
            fairs={(11, 11): 6.5, (6, 18): 2.2, (12, 12): 3.2, (9, 9): 1.6, (5, 10): 1.8},
            new_year_dip=0.4,
            months=(1.15, 0.8, 0.95, 0.95, 1.05, 1.0, 0.95, 0.95, 1.0, 1.05, 1.15, 1.1),
            weekend=1.15,
        ),
        products=_TAIPEI,
        channels={
            "taipei-chat": (("官網", 6), ("LINE 客服", 4)),
            "taipei-live": (("直播間", 9), ("官網", 1)),
            "taipei-brand": (("購物平台", 7), ("企業採購", 3)),
        },
        territories=(("北部", 48), ("中部", 22), ("南部", 24), ("東部", 6)),
        returns_percent=6,
    ),
    Market(
        code="shanghai",
        teams=("shanghai-one", "shanghai-two", "shanghai-firms"),
        prefix="SHA",
        currency="CNY",
        lines=32_000,
        season=Season(
            fairs={(11, 11): 3.0, (6, 18): 3.4, (9, 1): 1.8},
            new_year_dip=0.3,
            months=(0.8, 0.9, 1.3, 1.05, 0.95, 1.1, 1.15, 1.2, 1.1, 0.9, 0.95, 0.8),
            weekend=1.3,
        ),
        products=_SHANGHAI,
        channels={
            "shanghai-one": (("公开课", 5), ("转介绍", 2), ("短视频", 3)),
            "shanghai-two": (("短视频", 6), ("公开课", 3), ("转介绍", 1)),
            "shanghai-firms": (("企业客户", 9), ("转介绍", 1)),
        },
        territories=(("华东", 46), ("华南", 20), ("华北", 22), ("西南", 12)),
        returns_percent=8,
        discounts=(0, 0, 5, 10, 20),
        shared_percent=7,
    ),
    Market(
        code="shenzhen",
        teams=("shenzhen",),
        prefix="SZX",
        currency="USD",
        lines=44_000,
        season=Season(
            fairs={(11, 11): 1.6, (7, 15): 2.6},
            black_friday=7.5,
            new_year_dip=0.75,
            months=(0.85, 0.8, 0.9, 0.95, 1.0, 1.0, 1.05, 1.0, 1.0, 1.05, 1.3, 1.35),
        ),
        products=_gadgets(
            "39.90",
            "129.00",
            "24.50",
            "69.00",
            "54.90",
            "45.00",
            "189.00",
            "279.00",
            "62.00",
            "48.50",
        ),
        channels={"shenzhen": (("Marketplace US", 7), ("Own store", 3))},
        territories=(("US West", 34), ("US East", 41), ("Canada", 14), ("Mexico", 11)),
        returns_percent=7,
        cents=Decimal("0.01"),
    ),
    Market(
        code="tokyo",
        teams=("tokyo",),
        prefix="TYO",
        currency="JPY",
        lines=14_000,
        season=Season(fairs={(7, 7): 1.8, (12, 10): 2.0}, black_friday=3.2, weekend=1.2),
        products=_gadgets(
            "5980", "19800", "3480", "9980", "7980", "6480", "27800", "39800", "8980", "6980"
        ),
        channels={"tokyo": (("モール", 8), ("自社サイト", 2))},
        territories=(("関東", 45), ("関西", 28), ("中部", 15), ("九州", 12)),
        returns_percent=4,
    ),
    Market(
        code="berlin",
        teams=("berlin",),
        prefix="BER",
        currency="EUR",
        lines=15_000,
        season=Season(
            fairs={(12, 6): 1.8},
            black_friday=6.0,
            months=(0.9, 0.85, 0.95, 1.0, 1.05, 1.05, 0.95, 0.9, 1.0, 1.05, 1.25, 1.3),
        ),
        products=_gadgets(
            "36.90",
            "119.00",
            "22.90",
            "64.90",
            "49.90",
            "42.90",
            "179.00",
            "259.00",
            "57.90",
            "44.90",
        ),
        channels={"berlin": (("Marktplatz", 7), ("Onlineshop", 3))},
        territories=(("DACH", 55), ("Frankreich", 20), ("Benelux", 15), ("Nordics", 10)),
        returns_percent=11,
        cents=Decimal("0.01"),
    ),
    Market(
        code="sao-paulo",
        teams=("sao-paulo",),
        prefix="GRU",
        currency="USD",
        lines=9_000,
        season=Season(fairs={(3, 15): 1.6, (6, 12): 1.7}, black_friday=6.5),
        products=_gadgets(
            "34.90",
            "109.00",
            "21.50",
            "59.00",
            "46.90",
            "39.00",
            "165.00",
            "239.00",
            "52.00",
            "41.50",
        ),
        channels={"sao-paulo": (("Marketplace BR", 8), ("Loja própria", 2))},
        territories=(("Sudeste", 58), ("Sul", 20), ("Nordeste", 22)),
        returns_percent=6,
        cents=Decimal("0.01"),
    ),
)
