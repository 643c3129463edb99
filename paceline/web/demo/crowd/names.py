"""Names and phones of people and firms of six countries, enough for a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from paceline.web.demo.names import Name, given_names, name_list

# As dialled at home, and as compared: the country's code and the digits without the leading zero.
PHONES = {
    "TW": ("09{}{}-{}{}{}-{}{}{}", "+8869"),
    "CN": ("138 {}{}{}{} {}{}{}{}", "+86138"),
    "JP": ("090-{}{}{}{}-{}{}{}{}", "+8190"),
    "DE": ("0151 {}{}{}{}{}{}{}{}", "+49151"),
    "BR": ("11 9{}{}{}{}-{}{}{}{}", "+55119"),
    "US": ("(415) {}{}{}-{}{}{}{}", "+1415"),
}
LANGUAGES = {"TW": "zh-Hant", "CN": "zh-Hans", "JP": "ja", "DE": "de", "BR": "pt", "US": "en"}
CHATS = {"TW": "line", "CN": "wechat", "JP": "line", "DE": "telegram", "BR": "instagram",
         "US": "messenger"}  # fmt: skip
PLACES = {
    "TW": "台北 新北 桃園 新竹 台中 彰化 台南 高雄 屏東 宜蘭 花蓮 基隆",
    "CN": "上海 苏州 杭州 南京 宁波 合肥 武汉 成都 重庆 广州 深圳 厦门",
    "JP": "東京 横浜 川崎 千葉 名古屋 京都 大阪 神戸 広島 福岡 仙台 札幌",
    "DE": "Berlin Hamburg Köln Leipzig Bremen Dresden Essen Kiel Mainz Ulm Jena Lübeck",
    "BR": "Campinas Santos Recife Natal Curitiba Salvador Belém Manaus Vitória Goiânia Maceió",
    "US": "Austin Boston Denver Dallas Fresno Mesa Tampa Omaha Tulsa Reno Boise Salem",
}
_WORDS = {
    "TW": ("日 月 星 山 海 林 泉 雲 禾 森 川 田 松 梅 竹 晨",
           "光 河 和 陽 安 豐 益 盛 興 成 達 美 德 信 雅 品",
           "家電 食品 生活 文具 茶業 選物 美妝 寢具"),
    "CN": ("日 月 星 山 海 林 泉 云 禾 森 川 田 松 梅 竹 晨",
           "光 河 和 阳 安 丰 益 盛 兴 成 达 美 德 信 雅 品",
           "教育 科技 商贸 文化 咨询 食品 电子 家居"),
    "JP": ("青 白 赤 緑 朝 夕 春 秋 東 西 南 北 金 銀 桜 若",
           "空 波 風 葉 山 川 野 原 島 森 池 橋 石 木 草 花",
           "商店 工房 食品 物産 文具 電機 雑貨 製菓"),
    "DE": ("Alt Neu Grün Blau Ost West Nord Süd Berg Tal Wald See Sonnen Stern Mühlen Garten",
           "haus hof markt werk lager kontor stube laden bach feld brück eck tor park quell platz",
           "Handel Versand Feinkost Technik Papier Möbel Mode Naturkost"),
    "BR": ("Nova Boa Bela Alta Casa Flor Luz Mar Sol Rio Serra Vila Praia Terra Estrela Ponte",
           "Verde Azul Clara Real Branca Viva Livre Doce Certa Rica Mansa Santa Forte Grande Rara",
           "Comércio Alimentos Modas Móveis Papelaria Eletrônicos Cafés Cosméticos"),
    "US": ("North South East West Red Blue Green Silver Maple Cedar Pine Oak River Lake Hill Bay",
           "side field stone bridge port wood land view crest dale ford gate brook point ridge",
           "Supply Trading Outfitters Goods Kitchen Paper Coffee Home"),
}  # fmt: skip
_FIRMS = {"TW": "{}{}{}有限公司", "CN": "{}{}{}有限公司", "JP": "株式会社{}{}{}",
          "DE": "{}{} {} GmbH", "BR": "{} {} {} Ltda", "US": "{}{} {} LLC"}  # fmt: skip
_INITIALS = "ABCDEFGHJKLMNOPRSTUVW"


@dataclass(frozen=True, slots=True)
class Country:
    """The names of a country, drawn one after the other."""

    code: str
    people: list[Name]
    given: list[str]
    firsts: list[str]
    seconds: list[str]
    trades: list[str]
    places: list[str]

    @classmethod
    def of(cls, code: str, random: Random) -> Country:
        firsts, seconds, trades = (text.split() for text in _WORDS[code])
        return cls(code, name_list(code, random), given_names(code), firsts, seconds, trades,
                   PLACES[code].split())  # fmt: skip

    def person(self, random: Random) -> Name:
        """A name in its own script; Chinese given names are put together from two of the list."""
        name = self.people[int(random.random() * len(self.people))]
        if self.code in {"TW", "CN"} and random.random() < 0.8:
            one, other = random.choice(self.given), random.choice(self.given)
            return Name(f"{name.own[0]}{one[0]}{other[-1]}", "", name.mailbox)
        if self.code in {"DE", "BR", "US"} and random.random() < 0.6:
            first, _space, last = name.own.rpartition(" ")
            return Name(f"{first} {random.choice(_INITIALS)}. {last}", "", name.mailbox)
        return name

    def firm(self, random: Random) -> str:
        parts = (
            random.choice(self.firsts),
            random.choice(self.seconds),
            random.choice(self.trades),
        )
        firm = _FIRMS[self.code].format(*parts)
        return firm if random.random() < 0.3 else f"{random.choice(self.places)}{self._gap}{firm}"

    @property
    def _gap(self) -> str:
        return "" if self.code in {"TW", "CN", "JP"} else " "

    def phone(self, number: int) -> tuple[str, str]:
        """A number as it is written and as it is compared; another one for each ``number``."""
        shape, code = PHONES[self.code]
        count = shape.count("{}")
        # An odd factor without a divisor of ten goes through all numbers before it repeats one.
        digits = f"{(number * 7_654_321 + 1_234_567) % 10**count:0{count}}"
        if self.code == "US":  # exchanges begin with 2 to 9
            digits = str(2 + int(digits[0]) % 8) + digits[1:]
        return shape.format(*digits), code + digits
