"""Every change to customers, leads, deals and what was said with them."""

from __future__ import annotations

from paceline.crm.actions.customers import (
    ConsentIsWithdrawn,
    ConsentStands,
    Point,
    TooManyPoints,
    WasErased,
    add_company,
    add_contact,
    archive,
    assign,
    change,
    record_consent,
    restore,
    set_team_reach,
    withdraw_consent,
)
from paceline.crm.actions.deals import (
    Line,
    StageIsElsewhere,
    TooMany,
    add_deal,
    answer,
    change_deal,
    finish_next_step,
    set_competitors,
    set_lines,
    tick,
)
from paceline.crm.actions.erasure import AlreadyErased, erase_contact
from paceline.crm.actions.leads import Into, LeadIsConverted, add_lead, convert_lead, set_status
from paceline.crm.actions.moves import (
    AmountMissing,
    CriteriaUnmet,
    DealIsCredited,
    DealMovedMeanwhile,
    Lost,
    LostReasonMissing,
    move_deal,
)
from paceline.crm.actions.orders import (
    OrderIsCredited,
    OrderIsLinked,
    OrderUnknown,
    link_order,
    link_order_by_number,
    unlink_order,
)
from paceline.crm.actions.pipelines import (
    LastStageOfItsKind,
    NameTaken,
    NewStage,
    StageHasDeals,
    TooManyStages,
    add_competitor,
    add_lost_reason,
    add_pipeline,
    add_stage,
    arrange_stage,
    change_pipeline,
    change_stage,
    retire_stage,
)
from paceline.crm.actions.recording import (
    ChangedMeanwhile,
    Conflict,
    FactsInvalid,
    FieldUnknown,
    RecordIsArchived,
)
from paceline.crm.actions.shares import (
    OwnerMissing,
    PersonTwice,
    Share,
    SharesNotWhole,
    agree_shares,
    assign_deal,
)
from paceline.crm.actions.timeline import (
    FeedbackIsSettled,
    NotATask,
    NothingSaid,
    On,
    TextTooLong,
    TooManyTags,
    add_activity,
    add_feedback,
    attach_file,
    change_activity,
    finish_task,
    follow,
    remove_activity,
    remove_file,
    set_tags,
    settle_feedback,
)

__all__ = [
    "AlreadyErased", "AmountMissing", "ChangedMeanwhile", "Conflict", "ConsentIsWithdrawn",
    "ConsentStands", "CriteriaUnmet", "DealIsCredited", "DealMovedMeanwhile", "FactsInvalid",
    "FeedbackIsSettled", "FieldUnknown", "Into", "LastStageOfItsKind", "LeadIsConverted", "Line",
    "Lost", "LostReasonMissing", "NameTaken", "NewStage", "NotATask", "NothingSaid", "On",
    "OrderIsCredited", "OrderIsLinked", "OrderUnknown", "OwnerMissing", "PersonTwice", "Point",
    "RecordIsArchived", "Share", "SharesNotWhole", "StageHasDeals", "StageIsElsewhere",
    "TextTooLong", "TooMany", "TooManyPoints", "TooManyStages", "TooManyTags", "WasErased",
    "add_activity", "add_company", "add_competitor", "add_contact", "add_deal", "add_feedback",
    "add_lead", "add_lost_reason", "add_pipeline", "add_stage", "agree_shares", "answer",
    "archive", "arrange_stage", "assign", "assign_deal", "attach_file", "change",
    "change_activity", "change_deal", "change_pipeline", "change_stage", "convert_lead",
    "erase_contact", "finish_next_step", "finish_task", "follow", "link_order",
    "link_order_by_number", "move_deal",
    "record_consent", "remove_activity", "remove_file", "restore", "retire_stage",
    "set_competitors", "set_lines", "set_status", "set_tags", "set_team_reach", "settle_feedback",
    "tick", "unlink_order", "withdraw_consent",
]  # fmt: skip
