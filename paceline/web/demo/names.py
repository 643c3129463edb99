"""Common names of the places where the company works, with their Latin spelling."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

_TAIWAN_FAMILIES = """
陳 Chen, 林 Lin, 黃 Huang, 張 Chang, 李 Lee, 王 Wang, 吳 Wu, 劉 Liu, 蔡 Tsai, 楊 Yang,
許 Hsu, 鄭 Cheng, 謝 Hsieh, 郭 Kuo, 邱 Chiu, 曾 Tseng, 廖 Liao, 賴 Lai, 徐 Hsu, 周 Chou,
葉 Yeh, 蘇 Su, 莊 Chuang, 江 Chiang, 何 Ho, 蕭 Hsiao
"""
_TAIWAN_GIVEN = """
雅婷 Ya-ting, 怡君 Yi-chun, 志豪 Chih-hao, 家豪 Chia-hao, 淑芬 Shu-fen, 俊傑 Chun-chieh,
建宏 Chien-hung, 佳穎 Chia-ying, 宗翰 Tsung-han, 冠宇 Kuan-yu, 詩涵 Shih-han, 欣怡 Hsin-yi,
柏翰 Po-han, 承恩 Cheng-en, 品妤 Pin-yu, 宜蓁 Yi-chen, 彥廷 Yen-ting, 郁婷 Yu-ting,
筱涵 Hsiao-han, 哲瑋 Che-wei, 思妤 Ssu-yu, 子晴 Tzu-ching, 明哲 Ming-che, 靜宜 Ching-yi
"""
_MAINLAND_FAMILIES = """
王 Wang, 李 Li, 张 Zhang, 刘 Liu, 陈 Chen, 杨 Yang, 赵 Zhao, 黄 Huang, 周 Zhou, 吴 Wu,
徐 Xu, 孙 Sun, 胡 Hu, 朱 Zhu, 高 Gao, 林 Lin, 何 He, 郭 Guo, 马 Ma, 罗 Luo, 梁 Liang,
宋 Song, 郑 Zheng, 谢 Xie, 韩 Han, 唐 Tang
"""
_MAINLAND_GIVEN = """
伟 Wei, 静 Jing, 磊 Lei, 敏 Min, 浩然 Haoran, 雨桐 Yutong, 思远 Siyuan, 佳琪 Jiaqi,
晓彤 Xiaotong, 宇航 Yuhang, 子轩 Zixuan, 梓涵 Zihan, 欣妍 Xinyan, 志强 Zhiqiang, 丽娜 Lina,
建平 Jianping, 婷婷 Tingting, 俊杰 Junjie, 海燕 Haiyan, 文博 Wenbo, 雪梅 Xuemei,
一鸣 Yiming, 嘉怡 Jiayi, 天宇 Tianyu
"""
_JAPAN_FAMILIES = """
佐藤 Sato, 鈴木 Suzuki, 高橋 Takahashi, 田中 Tanaka, 渡辺 Watanabe, 伊藤 Ito,
山本 Yamamoto, 中村 Nakamura
"""
_JAPAN_GIVEN = """
翔太 Shota, 美咲 Misaki, 大輔 Daisuke, 陽菜 Hina, 健太 Kenta, 彩 Aya, 拓也 Takuya,
結衣 Yui
"""
_GERMANY_FAMILIES = """
Müller, Schmidt, Schneider, Fischer, Weber, Wagner, Becker, Hoffmann, Schäfer, Köhler
"""
_GERMANY_GIVEN = """
Anna, Lukas, Lena, Jonas, Marie, Felix, Sophie, Jan, Katharina, Tobias
"""
_BRAZIL_FAMILIES = """
Silva, Santos, Oliveira, Souza, Lima, Pereira, Ferreira, Almeida, Araújo, Gonçalves
"""
_BRAZIL_GIVEN = """
João, Ana, Pedro, Mariana, Lucas, Beatriz, Rafael, Camila, Thiago, Letícia
"""
_AMERICA_FAMILIES = """
Smith, Johnson, Williams, Brown, Jones, Garcia, Miller, Davis, Wilson, Nguyen
"""
_AMERICA_GIVEN = """
Emma, Liam, Olivia, Noah, Ava, James, Sophia, Ethan, Grace, Daniel
"""
_LISTS = {
    "TW": (_TAIWAN_FAMILIES, _TAIWAN_GIVEN),
    "CN": (_MAINLAND_FAMILIES, _MAINLAND_GIVEN),
    "JP": (_JAPAN_FAMILIES, _JAPAN_GIVEN),
    "DE": (_GERMANY_FAMILIES, _GERMANY_GIVEN),
    "BR": (_BRAZIL_FAMILIES, _BRAZIL_GIVEN),
    "US": (_AMERICA_FAMILIES, _AMERICA_GIVEN),
}
_PLAIN = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ã": "a",
        "á": "a",
        "é": "e",
        "í": "i",
        "ç": "c",
        "ú": "u",
        "ß": "ss",
    }
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in their own script and in Latin letters, and the mailbox made from it."""

    own: str
    latin: str
    mailbox: str


def name_list(country: str, random: Random) -> list[Name]:
    """Every name of a country, shuffled; each Latin spelling once, so that mailboxes differ."""
    families, given = (_items(text) for text in _LISTS[country])
    pairs = list(product(families, given))
    random.shuffle(pairs)
    names: dict[str, Name] = {}
    for family, first in pairs:
        name = _written(country, family, first)
        names.setdefault(name.mailbox, name)
    return list(names.values())


def given_names(country: str) -> list[str]:
    """The given names of a country, in their own script."""
    return [item.split()[0] for item in _items(_LISTS[country][1])]


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.replace("\n", " ").split(",")]


def _written(country: str, family: str, first: str) -> Name:
    if country in {"DE", "BR", "US"}:
        own = f"{first} {family}"
        return Name(own, own.translate(_PLAIN), _mailbox(first, family))
    (family_own, family_latin), (first_own, first_latin) = family.split(), first.split()
    space = " " if country == "JP" else ""
    return Name(
        f"{family_own}{space}{first_own}",
        f"{family_latin} {first_latin}",
        _mailbox(first_latin, family_latin),
    )


def _mailbox(first: str, family: str) -> str:
    return f"{first}.{family}".lower().translate(_PLAIN).replace("-", "")
