"""The fields of files of customers, with the names that exports give them in several languages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import (
    CustomField,
    FieldKind,
    LeadStatus,
    Lifecycle,
    Pipeline,
    scope_of,
)
from paceline.imports.kinds import Field, FieldType
from paceline.kernel.countries import names_of_countries
from paceline.org.models import Person, Team

CUSTOM = "custom_"
CUSTOM_MAX = 100
CREATE, UPDATE, BOTH = "create", "update", "both"
KEEP, LEAVE_OUT, SAME = "create", "leave_out", "same"
_SPOKEN = ("en", "zh_Hant", "zh_Hans", "de", "ja", "ko", "fr", "es", "it", "pt")


def _countries() -> dict[str, tuple[str, ...]]:
    """Countries as exports of all these languages write them."""
    found: dict[str, set[str]] = {}
    for language in _SPOKEN:
        for code, name in names_of_countries(language).items():
            found.setdefault(code, {code.casefold()}).add(name.casefold())
    for code, names in {
        "US": "usa,u.s.,u.s.a.,united states of america,美国,美國", "GB": "uk,great britain,england,英国,英國",
        "TW": "taiwan,中華民國,台灣,臺灣,台湾,roc", "CN": "prc,china,中国,中國,中国大陆,中國大陸,mainland china",
        "HK": "hong kong,香港,中国香港", "MO": "macau,macao,澳門,澳门", "KR": "korea,south korea,韩国,韓國",
        "VN": "vietnam,viet nam,越南", "CZ": "czech republic", "NL": "holland", "RU": "russia",
    }.items():  # fmt: skip
        found[code].update(names.split(","))
    return {code: tuple(sorted(names)) for code, names in found.items()}


COUNTRIES = _countries()
LANGUAGES = {
    "en": ("en", "english", "英文", "英语", "英語", "englisch", "en-us", "en-gb"),
    "zh-Hant": (
        "zh-hant",
        "zh-tw",
        "zh_tw",
        "繁體中文",
        "繁中",
        "traditional chinese",
        "chinesisch (traditionell)",
    ),
    "zh-Hans": (
        "zh-hans",
        "zh-cn",
        "zh_cn",
        "zh",
        "chinese",
        "中文",
        "简体中文",
        "简中",
        "simplified chinese",
        "chinesisch",
    ),
    "ja": ("ja", "japanese", "日文", "日语", "日語", "日本語"),
    "ko": ("ko", "korean", "韓文", "韩语", "한국어"),
    "de": ("de", "german", "德文", "德语", "deutsch"),
    "fr": ("fr", "french", "法文", "法语", "français"),
    "es": ("es", "spanish", "西班牙文", "西班牙语", "español", "spanisch"),
    "it": ("it", "italian", "義大利文", "意大利语", "italiano"),
    "pt": ("pt", "portuguese", "葡萄牙文", "葡萄牙语", "português", "pt-br"),
}
LIFECYCLES: dict[str, tuple[str, ...]] = {
    Lifecycle.PROSPECT: (
        "prospect", "lead", "subscriber", "opportunity", "marketing qualified lead", "sales qualified lead", "other",
        "marketingqualifiedlead", "salesqualifiedlead", "潛在客戶", "潜在客户", "未成交", "线索", "名單", "意向客户", "interessent",
    ),
    Lifecycle.CUSTOMER: ("customer", "客戶", "客户", "成交客户", "已成交", "kunde", "client", "customer - direct", "customer - channel"),
    Lifecycle.REGULAR: ("regular", "regular customer", "evangelist", "老客户", "常客", "熟客", "多次成交", "vip", "重点客户", "stammkunde"),
    Lifecycle.LAPSED: ("lapsed", "lapsed customer", "former customer", "流失客戶", "流失客户", "churned"),
}  # fmt: skip
STATUSES: dict[str, tuple[str, ...]] = {
    LeadStatus.NEW: ("new", "open", "open - not contacted", "新名單", "新", "新线索", "未处理", "待处理", "未分配", "neu", "offen"),
    LeadStatus.WORKING: (
        "working", "in progress", "in_progress", "working - contacted", "attempted to contact", "attempted_to_contact",
        "connected", "open deal", "open_deal", "跟进中", "跟進中", "已联系", "contacted", "in bearbeitung",
    ),
    LeadStatus.NURTURING: ("nurturing", "later", "bad timing", "bad_timing", "培育中", "之後再說", "暂不跟进"),
    LeadStatus.UNQUALIFIED: ("unqualified", "disqualified", "closed - not converted", "无效", "無效", "不是客户", "unqualifiziert"),
}  # fmt: skip
MODES: dict[str, tuple[str, ...]] = {
    BOTH: ("both", "create and update"),
    CREATE: ("create",),
    UPDATE: ("update",),
}
LIKENESSES = {
    KEEP: ("create", "create anyway"),
    LEAVE_OUT: ("leave out", "leave_out", "skip"),
    SAME: ("same",),
}


HOW = (
    Field(
        "mode", _("New and known records"), FieldType.CHOICE, default=BOTH, choices=MODES,
        words={BOTH: _("create new ones and change known ones"), CREATE: _("only create new ones"),
               UPDATE: _("only change known ones")},
        hint=_("A record is known by the other system's ID, the customer number, the registration number or, for people, the e-mail address."),
        example=BOTH,
    ),
    Field(
        "likeness", _("Lines that look like a known record"), FieldType.CHOICE, default=KEEP, choices=LIKENESSES,
        words={KEEP: _("create them; duplicates are merged later"), LEAVE_OUT: _("leave them out"),
               SAME: _("take them as that record")},
        hint=_("By name, phone or website. The check shows each of them first."),
        example=KEEP,
    ),
    Field(
        "origin", _("Other system"), max_length=40, hint=_("Its name, such as hubspot, so that its IDs are not mixed with others."),
        example="hubspot",
    ),
)  # fmt: skip
ID_NAMES = (
    "record id",
    "id",
    "external id",
    "Datensatz-ID",
    "記錄 ID",
    "记录 ID",
    "唯一性ID",
    "业务ID",
    "數據 ID",
)
OWNER = Field(
    "owner", pgettext_lazy("contributor", "Owner"), FieldType.PERSON,
    aliases=("record owner", "Zuständiger Mitarbeiter", "Inhaber", "負責人", "负责人", "負責業務", "所有者", "擁有者", "负责人（必填）", "负责人主属"),
    hint=_("Somebody of your team or below you, by employee number, address or name; nobody where it is empty."),
    example="E-17",
)  # fmt: skip
PHONE = Field(
    "phone", pgettext_lazy("way to reach somebody", "Phone"), max_length=1000,
    aliases=("phone number", "telephone", "business phone", "work phone", "phone - work", "Telefonnummer", "Telefon", "電話", "電話號碼", "电话", "电话号码", "座机", "聯絡電話"),
    hint=_("Several in one cell are separated by a semicolon, comma or line break."), example="+886 2 2345 6789; 02-2345-6780",
)  # fmt: skip
MOBILE = Field(
    "mobile", _("Mobile phone"), max_length=1000,
    aliases=("mobile", "cell", "cell phone", "mobile phone number", "phone - mobile", "Mobiltelefonnummer", "Mobil", "Handy", "手機", "手機號碼", "行動電話", "行動電話號碼", "手机", "手机号", "手机号码", "手机1"),
    example="0912 345 678",
)  # fmt: skip
EMAIL = Field(
    "email", _("E-mail address"), max_length=2000,
    aliases=("email", "e-mail", "mail", "email address", "email - work", "E-Mail-Adresse", "電子郵件", "電郵", "信箱", "邮箱", "电子邮箱", "邮件", "电子邮件"),
    example="ming@example.com",
)  # fmt: skip
CHATS = (
    Field(
        "wechat",
        _("WeChat"),
        max_length=1000,
        aliases=("wechat id", "微信", "微信号", "微信號"),
        example="",
    ),
    Field("line", _("LINE"), max_length=1000, aliases=("line id",), example=""),
    Field(
        "whatsapp",
        _("WhatsApp"),
        max_length=1000,
        aliases=("whatsapp phone number", "whatsapp number"),
        example="",
    ),
)
PLACE = (
    Field("address", _("address"), max_length=400,
          aliases=("street", "street address", "billing street", "mailing street", "Straße", "街道", "街道地址", "詳細地址", "详细地址", "地址")),
    Field("postal_code", _("Postal code"), max_length=20,
          aliases=("zip", "postal code", "zip/postal code", "billing zip/postal code", "mailing zip/postal code", "PLZ", "Postleitzahl", "郵遞區號", "邮编", "邮政编码")),
    Field("city", _("City"), max_length=100, aliases=("billing city", "mailing city", "Stadt", "Ort", "城市", "市", "縣市")),
    Field("state", _("State or province"), max_length=100,
          aliases=("state", "state/region", "state/province", "state-province", "billing state/province", "mailing state/province", "Bundesland", "Bundesland/Region", "州/地區", "州/区域", "省", "省份", "省/州")),
    Field("country", _("country"), FieldType.CHOICE, choices=COUNTRIES,
          aliases=("country", "country/region", "country-region", "billing country", "mailing country", "Land", "Land/Region", "國家/地區", "国家/地区", "國家", "国家"),
          hint=_("It says how phone numbers without a country are read."), example="TW"),
    Field("territory", _("territory"), max_length=80, aliases=("sales territory", "region", "area", "Gebiet", "責任區", "地區", "区域", "片区", "大区")),
)  # fmt: skip
LIFECYCLE = Field(
    "lifecycle", _("lifecycle"), FieldType.CHOICE, choices=LIFECYCLES,
    aliases=("lifecycle stage", "stage", "Lifecycle-Phase", "生命週期階段", "生命周期阶段", "客户状态", "客戶狀態", "成交状态"),
    words={value: text for value, text in Lifecycle.choices},  # noqa: C416 - labels stay lazy
)  # fmt: skip
SOURCE_DETAIL = Field(
    "source_detail", _("source in detail"), max_length=200,
    aliases=("lead source", "source", "original source", "original traffic source", "account source", "Ursprüngliche Quelle", "來源", "来源", "客户来源", "线索来源", "原始來源", "原始来源"),
)  # fmt: skip

COMPANY = (
    *HOW,
    Field("external_id", _("ID in the other system"), max_length=120, aliases=(*ID_NAMES, "company id", "account id", "organization id", "organization - id", "客户ID")),
    Field("name", pgettext_lazy("company", "name"), required=True, max_length=200,
          aliases=("company name", "company", "account name", "account", "organization", "organization - name", "customer", "customer name", "reseller", "Unternehmensname", "Firma", "公司名稱", "公司名称", "公司", "客戶名稱", "客户名称", "企業名稱", "企业名称"),
          example="極光有限公司"),
    Field("latin_name", _("name in Latin letters"), max_length=200, aliases=("english name", "英文名稱", "英文名称")),
    Field("number", _("customer number"), max_length=60,
          aliases=("customer no", "account number", "reseller key", "Kundennummer", "客戶編號", "客户编号", "客户编码")),
    Field("registration", _("registration number"), max_length=60,
          aliases=("tax id", "vat number", "registration no", "統一編號", "統編", "统一社会信用代码", "税号", "USt-IdNr.")),
    PHONE, MOBILE, EMAIL,
    Field("website", _("website"), max_length=300,
          aliases=("company domain name", "website url", "domain", "web", "Unternehmens-Domainname", "Website-URL", "公司網域名稱", "公司域名", "网址", "網址", "官网", "organization - website")),
    Field("industry", _("industry"), max_length=120, aliases=("business type", "Branche", "產業", "行業", "行业", "所属行业")),
    Field("people_count", _("number of people"), FieldType.DECIMAL, places=0,
          aliases=("number of employees", "employees", "Mitarbeiteranzahl", "Anzahl der Mitarbeiter", "員工人數", "员工人数", "人员规模")),
    *PLACE,
    Field("language", _("language"), FieldType.CHOICE, choices=LANGUAGES, aliases=("preferred language", "語言", "语言", "Sprache")),
    LIFECYCLE, SOURCE_DETAIL, OWNER,
)  # fmt: skip
_PERSON = (
    Field("name", pgettext_lazy("person", "name"), max_length=200,
          aliases=("full name", "contact name", "person - name", "lead name", "姓名", "联系人", "聯絡人", "聯絡人姓名", "联系人姓名", "线索名称"), example="王小明"),
    Field("first_name", _("First name"), max_length=100,
          aliases=("given name", "first name", "person - first name", "Vorname", "名字", "名")),
    Field("last_name", _("Last name"), max_length=100, aliases=("surname", "family name", "last name", "person - last name", "Nachname", "姓氏", "姓")),
)  # fmt: skip
CONTACT = (
    *HOW,
    Field("external_id", _("ID in the other system"), max_length=120, aliases=(*ID_NAMES, "contact id", "person id", "person - id", "联系人ID")),
    *_PERSON,
    Field("latin_name", _("name in Latin letters"), max_length=200, aliases=("english name", "英文名", "拼音")),
    Field("number", _("customer number"), max_length=60, aliases=("customer no", "contact number", "Kundennummer", "客戶編號", "客户编号", "会员号", "會員編號")),
    Field("company", _("company"), max_length=200,
          aliases=("company name", "account name", "associated company", "primary associated company", "organization", "person - organization", "Unternehmensname", "Zugeordnetes Unternehmen", "公司名稱", "公司名称", "公司", "客户名称", "客戶名稱", "所属客户"),
          hint=_("A company that is not known yet is created.")),
    Field("title", _("job title"), max_length=120, aliases=("title", "position", "Jobbezeichnung", "職稱", "职务", "职位", "person - job title")),
    Field("department", _("department"), max_length=120, aliases=("Abteilung", "部門", "部门")),
    EMAIL, MOBILE, PHONE, *CHATS, *PLACE,
    Field("languages", _("languages"), FieldType.CHOICE, choices=LANGUAGES, aliases=("language", "preferred language", "語言", "语言", "Sprache", "Bevorzugte Sprache")),
    LIFECYCLE, SOURCE_DETAIL, OWNER,
)  # fmt: skip
LEAD = (
    *HOW,
    Field("external_id", _("ID in the other system"), max_length=120, aliases=(*ID_NAMES, "lead id", "lead - id", "线索ID")),
    *_PERSON,
    Field("company_name", _("company"), max_length=200,
          aliases=("company", "company / account", "organization", "公司", "公司名稱", "公司名称", "公司名", "Unternehmensname", "客户名称")),
    Field("title", _("job title"), max_length=120, aliases=("title", "position", "Jobbezeichnung", "職稱", "职务", "职位")),
    Field("status", _("status"), FieldType.CHOICE, choices=STATUSES,
          aliases=("lead status", "Lead-Status", "名單狀態", "潛在客戶狀態", "线索状态", "状态", "潜在客户状态"),
          words={value: text for value, text in LeadStatus.choices if value in STATUSES}),
    Field("message", _("what they asked"), max_length=8000, aliases=("description", "notes", "message", "備註", "备注", "描述", "需求", "线索详情")),
    Field("interest", _("interested in"), max_length=200,
          aliases=("product interest", "product", "product line", "Produktinteresse", "感興趣的產品", "感兴趣的产品", "意向产品", "產品興趣")),
    EMAIL, MOBILE, PHONE, *CHATS,
    *(one for one in PLACE if one.name in {"country", "territory"}),
    Field("languages", _("languages"), FieldType.CHOICE, choices=LANGUAGES, aliases=("language", "preferred language", "語言", "语言", "Sprache")),
    SOURCE_DETAIL, OWNER,
)  # fmt: skip
DEAL = (
    *(one for one in HOW if one.name != "likeness"),
    Field("external_id", _("ID in the other system"), max_length=120, aliases=(*ID_NAMES, "deal id", "deal - id", "opportunity id", "商机ID")),
    Field("title", pgettext_lazy("of a text", "title"), required=True, max_length=200,
          aliases=("deal name", "deal - title", "opportunity name", "name", "Dealname", "交易名稱", "交易名称", "商機名稱", "商机名称"), example="Spring order"),
    Field("company", _("company"), max_length=200,
          aliases=("account name", "associated company", "primary associated company", "deal - organization", "organization", "公司名稱", "公司名称", "客户名称", "客戶名稱", "Zugeordnetes Unternehmen"),
          hint=_("A company that is not known yet is created.")),
    Field("stage", _("Stage"), max_length=80,
          aliases=("deal stage", "deal - stage", "Deal-Phase", "交易階段", "交易阶段", "销售阶段", "商机阶段", "階段", "阶段"),
          hint=_("As the pipeline calls it; the first one where it is empty.")),
    Field("amount", _("amount"), FieldType.DECIMAL,
          aliases=("deal value", "deal - value", "value", "Betrag", "金額", "金额", "商机金额", "预计成交金额", "amount in company currency"), example="12500.00"),
    Field("currency", _("currency"), FieldType.CURRENCY,
          aliases=("deal - currency", "amount currency", "currency code", "Währung", "幣別", "币种", "貨幣", "货币"), hint=_("The pipeline's where it is empty.")),
    Field("close_on", _("Close date"), FieldType.DAY,
          aliases=("close date", "expected close date", "deal - expected close date", "Abschlussdatum", "結案日期", "結束日期", "关闭日期", "成交日期", "预计成交日期", "预计成交时间"),
          hint=_("When it was won or lost, or is expected to be."), example="2026-09-30"),
    Field("next_step", _("next step"), max_length=200, aliases=("Nächster Schritt", "下一步")),
    Field("next_step_on", _("Next step on"), FieldType.DAY, aliases=("next activity date", "deal - next activity date", "下次跟进时间")),
    SOURCE_DETAIL, OWNER,
)  # fmt: skip

_TYPES = {
    FieldKind.NUMBER: FieldType.DECIMAL,
    FieldKind.MONEY: FieldType.DECIMAL,
    FieldKind.DAY: FieldType.DAY,
    FieldKind.YES_NO: FieldType.CHOICE,
    FieldKind.CHOICE: FieldType.CHOICE,
}
YES, NO = "yes", "no"
_YES_NO = {
    YES: ("yes", "true", "1", "ja", "是", "y", "x"),
    NO: ("no", "false", "0", "nein", "否", "n"),
}


def more_of(of: str, person: Person) -> tuple[Field, ...]:
    """The team or pipeline that records go to, and the fields that the person's teams added."""
    scope = scope_of(person)
    teams = list(Team.objects.filter(pk__in=scope.all_teams).order_by("name"))
    own = next((team.pk for team in teams if team.pk in scope.teams), None)
    first = own or (teams[0].pk if teams else None)
    where = _pipeline(person) if of == "deal" else _team(teams, first)
    fields = CustomField.objects.filter(of=of, team__in=teams, retired_at__isnull=True)
    return (where, *(_custom(one) for one in fields.order_by("rank", "pk")[:CUSTOM_MAX]))


def _team(teams: list[Team], default: int | None) -> Field:
    return Field(
        "team", _("Team"), FieldType.CHOICE, required=True, aliases=("團隊", "团队", "部門", "部门", "归属部门", "所属部门"),
        default=str(default or ""),
        choices={str(one.pk): (str(one.pk), one.code.casefold(), one.name.casefold()) for one in teams},
        words={str(one.pk): one.name for one in teams},
    )  # fmt: skip


def _pipeline(person: Person) -> Field:
    found = Pipeline.objects.filter(
        team_id__in=scope_of(person).all_teams, retired_at__isnull=True
    ).select_related("team").order_by("team__name", "rank", "pk")  # fmt: skip
    rows = list(found)
    return Field(
        "pipeline", _("Pipeline"), FieldType.CHOICE, required=True,
        aliases=("deal - pipeline", "管道", "銷售流程", "销售流程", "交易管道", "Pipeline"),
        default=str(rows[0].pk) if rows else "",
        choices={str(one.pk): (str(one.pk), one.name.casefold(), f"{one.team.name} · {one.name}".casefold()) for one in rows},
        words={str(one.pk): f"{one.team.name} · {one.name}" for one in rows},
    )  # fmt: skip


def _custom(one: CustomField) -> Field:
    choices: dict[str, tuple[str, ...]] = {}
    if one.kind == FieldKind.YES_NO:
        choices = _YES_NO
    elif one.kind == FieldKind.CHOICE:
        choices = {str(word): (str(word).casefold(),) for word in one.options}
    return Field(
        f"{CUSTOM}{one.pk}", one.label, _TYPES.get(FieldKind(one.kind), FieldType.TEXT), choices=choices,
        max_length=5000 if one.kind == FieldKind.LONG_TEXT else 500,
    )  # fmt: skip
