"""How other customer systems write their exports. Their names follow the exporter's language."""

from __future__ import annotations

from paceline.imports.kinds import Preset

HUBSPOT_MARKS = (
    "Record ID", "Datensatz-ID", "記錄 ID", "记录 ID", "Lifecycle Stage", "Lifecycle-Phase", "生命週期階段", "生命周期阶段",
    "Company owner", "Contact owner", "Deal owner", "Unternehmensinhaber", "Kontaktinhaber", "Deal-Inhaber", "公司擁有者",
    "聯絡人擁有者", "交易擁有者", "公司所有者", "联系人所有者", "交易所有者", "Company Domain Name", "Deal Stage", "Deal-Phase", "交易階段", "交易阶段",
    "Create Date", "Last Activity Date", "Unternehmens-Domainname", "Associated Company", "Original Source",
)  # fmt: skip
SALESFORCE_MARKS = (
    "Account ID", "Contact ID", "Lead ID", "Opportunity ID", "Account Owner", "Contact Owner Alias", "Lead Owner", "Opportunity Owner",
    "Account Owner Alias", "Lead Owner Alias", "Opportunity Name", "Billing Street", "Billing State/Province", "Mailing Street",
    "Mailing State/Province", "Billing Country", "Mailing Country", "Company / Account", "Lead Source", "Rating", "Close Date",
)  # fmt: skip
PIPEDRIVE_MARKS = tuple(
    f"{kind} - {name}"
    for kind in ("Organization", "Person", "Deal", "Lead", "Organisation")
    for name in ("ID", "Name", "Title", "Owner", "Label", "Organization", "Phone", "Email", "Stage", "Pipeline", "Value", "Currency", "Country",
                 "Website", "Phone - Work", "Email - Work", "Status", "Open deals", "Expected close date", "Industry")
)  # fmt: skip
FXIAOKE_MARKS = (
    "客户名称", "客户编号", "客户级别", "客户状态", "客户来源", "负责人", "负责人主属部门", "归属部门", "唯一性ID", "业务类型", "锁定状态",
    "生命状态", "成交状态", "最后跟进时间", "线索池", "线索来源", "商机名称", "商机金额", "商机阶段", "销售阶段", "公海", "联系人姓名", "详细地址",
)  # fmt: skip

_PLACES = {
    "salesforce": {
        "address": ("Billing Street", "Mailing Street"), "city": ("Billing City", "Mailing City"),
        "state": ("Billing State/Province", "Mailing State/Province"),
        "postal_code": ("Billing Zip/Postal Code", "Mailing Zip/Postal Code"),
        "country": ("Billing Country", "Mailing Country"),
    },
    "pipedrive": {
        "address": ("Organization - Address", "Person - Postal address"),
        "country": ("Organization - Country", "Organization - Country of Address"),
        "city": ("Organization - City/town/village/locality", "Organization - City of Address"),
    },
}  # fmt: skip
OWNERS = {
    "hubspot": ("Company owner", "Contact owner", "Deal owner", "Lead owner", "Unternehmensinhaber", "Kontaktinhaber", "Deal-Inhaber", "Zuständiger Mitarbeiter für Unternehmen",
                "公司擁有者", "聯絡人擁有者", "交易擁有者", "公司所有者", "联系人所有者", "交易所有者"),
    "salesforce": ("Account Owner", "Contact Owner", "Lead Owner", "Opportunity Owner"),
    "pipedrive": ("Organization - Owner", "Person - Owner", "Deal - Owner", "Lead - Owner"),
    "fxiaoke": ("负责人",),
}  # fmt: skip
_BY_KIND: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "company": {
        "hubspot": {"name": ("Company name", "Unternehmensname", "公司名稱", "公司名称"), "source_detail": ("Original Source", "Original Traffic Source")},
        "salesforce": {"external_id": ("Account ID", "Account 18-digit ID"), "name": ("Account Name",), "source_detail": ("Account Source",)},
        "pipedrive": {"external_id": ("Organization - ID", "Organisation - ID"), "name": ("Organization - Name", "Organisation - Name"),
                      "website": ("Organization - Website",), "industry": ("Organization - Industry",), "people_count": ("Organization - Number of employees",)},
        "fxiaoke": {"external_id": ("唯一性ID", "客户ID"), "name": ("客户名称",), "number": ("客户编号",), "source_detail": ("客户来源",),
                    "lifecycle": ("成交状态",), "state": ("省",), "city": ("市",), "address": ("详细地址",)},
    },
    "contact": {
        "hubspot": {"company": ("Associated Company", "Primary Associated Company", "Company Name", "Zugeordnetes Unternehmen", "Unternehmensname", "公司名稱", "公司名称")},
        "salesforce": {"external_id": ("Contact ID",), "company": ("Account Name",)},
        "pipedrive": {"external_id": ("Person - ID",), "name": ("Person - Name",), "company": ("Person - Organization", "Person - Organisation"),
                      "email": ("Person - Email - Work", "Person - Email"), "phone": ("Person - Phone - Work", "Person - Phone"), "mobile": ("Person - Phone - Mobile",),
                      "title": ("Person - Job title",)},
        "fxiaoke": {"external_id": ("唯一性ID", "联系人ID"), "name": ("姓名", "联系人姓名"), "company": ("客户名称",), "mobile": ("手机1", "手机"), "phone": ("电话1", "电话")},
    },
    "lead": {
        "hubspot": {"company_name": ("Company Name", "Unternehmensname", "公司名稱", "公司名称"), "source_detail": ("Original Source",)},
        "salesforce": {"external_id": ("Lead ID",), "company_name": ("Company / Account", "Company"), "source_detail": ("Lead Source",)},
        "pipedrive": {"external_id": ("Lead - ID",), "name": ("Lead - Contact person", "Person - Name", "Lead - Title"), "company_name": ("Lead - Organization", "Organization - Name"),
                      "source_detail": ("Lead - Source channel",), "email": ("Person - Email - Work",), "phone": ("Person - Phone - Work",)},
        "fxiaoke": {"external_id": ("唯一性ID", "线索ID"), "name": ("姓名", "线索名称"), "company_name": ("公司", "公司名"), "source_detail": ("线索来源", "来源"), "message": ("线索详情",)},
    },
    "deal": {
        "hubspot": {"title": ("Deal Name", "Dealname", "交易名稱", "交易名称"), "company": ("Associated Company", "Primary Associated Company", "Zugeordnetes Unternehmen")},
        "salesforce": {"external_id": ("Opportunity ID",), "title": ("Opportunity Name",), "company": ("Account Name",), "currency": ("Amount Currency", "Opportunity Currency")},
        "pipedrive": {"external_id": ("Deal - ID",), "title": ("Deal - Title",), "company": ("Deal - Organization", "Deal - Organisation"), "stage": ("Deal - Stage",),
                      "amount": ("Deal - Value",), "currency": ("Deal - Currency", "Deal - Currency of Value"), "pipeline": ("Deal - Pipeline",),
                      "close_on": ("Deal - Won time", "Deal - Deal closed on", "Deal - Expected close date")},
        "fxiaoke": {"external_id": ("唯一性ID", "商机ID"), "title": ("商机名称",), "company": ("客户名称",), "amount": ("商机金额",), "stage": ("商机阶段", "销售阶段"),
                    "close_on": ("预计成交日期",)},
    },
}  # fmt: skip
_SYSTEMS = (
    ("hubspot", "HubSpot", HUBSPOT_MARKS),
    ("salesforce", "Salesforce", SALESFORCE_MARKS),
    ("pipedrive", "Pipedrive", PIPEDRIVE_MARKS),
    ("fxiaoke", "纷享销客", FXIAOKE_MARKS),
)


# Exports name the kind of record and which of several is meant; forms that a field is required.
ENDINGS = {
    "hubspot": (" (Primary)", " - Contact", " - Company", " - Deal", " - Lead"),
    "fxiaoke": ("（必填）", "(必填)"),
}  # fmt: skip


def presets(of: str) -> tuple[Preset, ...]:
    """The presets of a kind of record, one for each system."""
    return tuple(
        Preset(
            key=key,
            label=label,
            marks=marks,
            columns={**_PLACES.get(key, {}), "owner": OWNERS[key], **_BY_KIND[of][key]},
            endings=ENDINGS.get(key, ()),
            constants={"origin": key},
        )
        for key, label, marks in _SYSTEMS
    )
