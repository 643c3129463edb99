"""Plans that between them use every construct of the plan language."""

from __future__ import annotations

_HEAD = """\
paceline: 1
plan: {plan}
name: {{en: Everything, zh-Hant: 全部, zh-Hans: 全部}}
currency: USD
period: quarter
"""

_TEAM = (
    _HEAD.format(plan="team")
    + """\
year_starts: 04-01
target_incentive: {amount: 6000}
attributes: {host_id: text, tax: money}
policies:
  boundary: upper
  rounding: {mode: half-even, stage: tier}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: anchor-date
  exchange: {date: anchor-date, rate: average}
  anchor: cash
  returns: as-sold
  retroactivity: ignore
  precedence: most-specific
  splits: overlays
credits:
  - {id: own, kind: direct}
  - id: host
    kind: direct
    to: {column: host_id}
    as: share
    share: if(channel = "live", 30%, 10%)
    when: amount > 0 USD
  - {id: area, kind: direct, to: {owner: territory}, as: overlay, when: 'channel in ("a", "b")'}
  - {id: peers, kind: direct, to: team, as: overlay, share: 5%, when: 'not (category = "x")'}
  - {id: taken, kind: direct, to: {owner: customer}, as: share}
  - {id: up, kind: rollup, of: own, levels: {from: 2, through: 3}}
  - {id: far, kind: rollup, of: own, levels: {from: 2}}
  - {id: all-up, kind: rollup, of: own, levels: all}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: profit, kind: sum, of: 'amount - given(cost, 0) - abs(tax)', credits: own}
  - {id: orders, kind: count, credits: own}
  - {id: customers, kind: distinct, of: customer, credits: own}
  - {id: least, kind: min, of: amount, credits: own}
  - {id: most, kind: max, of: amount, credits: own}
  - {id: last-year, kind: sum, of: amount, credits: own, window: year-before}
  - {id: ever, kind: sum, of: amount, credits: own, window: since-hire}
  - {id: rolled, kind: count, credits: own, window: {rolling: 3}}
  - {id: to-year, kind: count, credits: own, window: {to-date: year}}
  - {id: to-half, kind: count, credits: own, window: {to-date: half-year}}
  - {id: to-quarter, kind: count, credits: own, window: {to-date: quarter}}
  - {id: to-month, kind: count, credits: own, window: {to-date: month}}
  - id: season
    kind: sum
    of: amount
    credits: own
    window: {from: 2026-06-01, before: 2026-06-19}
  - {id: margin, kind: ratio, of: profit, over: sales}
  - {id: growth, kind: formula, of: 'divide(sales - last_year, last_year, 0)'}
  - {id: hours, kind: figure, name: hours, read: sum, unit: quantity}
  - {id: reply, kind: figure, name: first-reply, read: last, unit: quantity}
quotas:
  - id: sales-quota
    measure: sales
    name: sales
    spread: [20%, 20%, 20%, 40%]
    proration: months
    ramp: [25%, 50%]
  - {id: team-quota, measure: orders, name: orders, per: team, proration: days}
  - {id: year-quota, measure: sales, name: year, over: year, proration: none}
  - {id: half-quota, measure: sales, name: half, over: half-year}
  - {id: quarter-quota, measure: sales, name: quarter, over: quarter}
  - {id: month-quota, measure: sales, name: month, over: month}
components:
  - id: card
    name: {en: Card, zh-Hant: 計分, zh-Hans: 计分}
    kind: scorecard
    scorecard:
      target: 6000 USD
      indicators:
        - {id: conversion, weight: 60%, value: margin, gate: orders >= 10}
        - id: reply
          label: {en: first reply, zh-Hant: 首次回覆, zh-Hans: 首次回复}
          weight: 40%
          value: reply
          steps:
            - {from: 0, rate: 100%}
            - {from: 30, rate: 60%}
            - {from: 60, rate: 0%}
  - id: shared
    name: {en: Shared, zh-Hant: 共享, zh-Hans: 共享}
    kind: pool
    pool: {amount: sales * 1%, share: hours}
  - id: race
    name: {en: Race, zh-Hant: 競賽, zh-Hans: 竞赛}
    kind: contest
    contest:
      score: sales_quota.attainment
      prizes: [500, 300, 200]
      ties: each
      among: team
      at_least: 80%
  - id: sprint
    name: {en: Sprint, zh-Hant: 衝刺, zh-Hans: 冲刺}
    kind: contest
    contest: {score: sales, prizes: [100], ties: shared, among: plan}
  - id: grid
    name: {en: Grid, zh-Hant: 方格, zh-Hans: 方格}
    kind: commission
    measure: sales
    rates:
      reading: whole
      on: attainment
      quota: sales-quota
      across: {by: margin, from: [0%, 20%]}
      tiers:
        - {from: 0%, rate: [2%, 3%]}
        - {from: 100%, rate: [4%, 6%]}
    cap: 9000
    floor: 100
  - id: kicked
    name: {en: Kicked, zh-Hant: 加成, zh-Hans: 加成}
    kind: bonus
    pays: {target_share: 50%}
    when: margin >= 10% and card.earned > 0
    times:
      - {by: 150%, when: {attainment: sales-quota, at_least: 120%}}
      - {by: 90%, when: {measure: margin, at_least: 5%}}
      - {by: 'min(sales_quota.attainment, 200%)', when: growth > 0% or orders > 5}
      - {by: 100%}
  - id: formula
    name: {en: Formula, zh-Hant: 公式, zh-Hans: 公式}
    kind: award
    pays: {formula: 'max(sales * 1%, 0) + kicked.earned'}
    when: {measure: sales, at_least: 500}
  - id: long
    name: {en: Long, zh-Hant: 長, zh-Hans: 长}
    kind: award
    pays: {formula: 'sales * 1% + sales * 2% + sales * 3% + sales * 4% + sales * 5% + sales * 6%'}
  - id: thanks
    name: {en: Thanks, zh-Hant: 感謝, zh-Hans: 感谢}
    kind: award
    pays: {amount: 20}
    unit: points
    cap: 50
  - id: rest
    name: {en: Rest, zh-Hant: 休, zh-Hans: 休}
    kind: award
    pays: {amount: 1}
    unit: leave-days
  - id: paper
    name: {en: Paper, zh-Hant: 狀, zh-Hans: 状}
    kind: award
    pays: {amount: 1}
    unit: certificate
"""
)

_TABLES = (
    _HEAD.format(plan="tables")
    + """\
target_incentive: {measure: target-pay}
policies:
  boundary: lower
  rounding: {mode: down, stage: component}
  accumulation: transaction
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: period-end
  exchange: {date: period-end, rate: average}
  anchor: return-window
  returns: own-day
  retroactivity: carry-forward
  splits: exactly-100
credits:
  - {id: own, kind: direct}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: cost, kind: sum, of: cost, credits: own}
  - {id: share, kind: ratio, of: cost, over: sales}
  - {id: orders, kind: count, credits: own}
  - {id: target-pay, kind: figure, name: target-pay, read: last, unit: money}
quotas:
  - {id: goal, measure: sales, name: sales, over: year}
components:
  - id: each
    name: {en: Each, zh-Hant: 每筆, zh-Hans: 每笔}
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: amount
      each: {floor: 20, cap: 500}
      tiers: [{from: 0, rate: 10%}]
  - id: daily
    name: {en: Daily, zh-Hant: 每日, zh-Hans: 每日}
    kind: commission
    measure: orders
    accumulation: day
    rates: {reading: slice, on: amount, each: {cap: 5}, tiers: [{from: 0, rate: 2}]}
  - id: weekly
    name: {en: Weekly, zh-Hant: 每週, zh-Hans: 每周}
    kind: commission
    measure: orders
    accumulation: week
    rates: {reading: slice, on: amount, each: {floor: 5}, tiers: [{from: 0, rate: 2}]}
  - id: halves
    name: {en: Halves, zh-Hant: 半月, zh-Hans: 半月}
    kind: commission
    measure: sales
    accumulation: half-month
    rates:
      reading: interpolated
      on: amount
      tiers: [{from: 0, amount: 10}, {from: 1000, to: 3000, amount: 40}]
  - id: monthly
    name: {en: Monthly, zh-Hant: 每月, zh-Hans: 每月}
    kind: commission
    measure: sales
    accumulation: month
    rates:
      reading: whole
      on: amount
      tiers: [{from: 0, amount: 0}, {from: 1000, amount: 50}, {from: 9000, amount: 90}]
  - id: yearly
    name: {en: Yearly, zh-Hant: 年, zh-Hans: 年}
    kind: commission
    measure: sales
    accumulation: year
    rates:
      reading: whole
      on: attainment
      quota: goal
      tiers: [{from: 0%, target_share: 0%}, {from: 80%, target_share: 50%}]
  - id: margin
    name: {en: Margin, zh-Hant: 毛利, zh-Hans: 毛利}
    kind: commission
    measure: sales
    accumulation: period
    rates:
      reading: whole
      on: measure
      by: share
      tiers: [{from: 0%, rate: 3%}, {from: 10%, rate: 5%}, {from: 20%, rate: 6%}]
  - id: top
    name: {en: Top, zh-Hant: 高, zh-Hans: 高}
    kind: commission
    measure: sales
    accumulation: half-year
    rates:
      reading: whole
      on: amount
      tiers: [{from: 0, rate: 5%}, {from: 500, rate: 10%}, {from: 900, rate: 20%, marginal: yes}]
"""
)

WIDENED = {
    "team": _TEAM,
    "tables": _TABLES,
    "by-line": _TABLES.replace("mode: down, stage: component", "mode: half-up, stage: component"),
    "upper": _TABLES.replace("boundary: lower", "boundary: upper"),
    "lower": _TEAM.replace("boundary: upper", "boundary: lower"),
    "listed": _TEAM.replace("most-specific", "listed").replace("anchor: cash", "anchor: invoice"),
    "all": _TEAM.replace("most-specific", "all").replace("anchor: cash", "anchor: shipment"),
}

# What the form leaves to the text, and tables that are read along their lines.
ALONG = {
    "valued": _HEAD.format(plan="valued")
    + """\
policies:
  boundary: upper
  rounding: {mode: half-even, stage: tier}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: anchor-date
  exchange: {date: anchor-date, rate: average}
  anchor: cash
  returns: as-sold
  retroactivity: ignore
  precedence: most-specific
  splits: overlays
credits:
  - {id: own, kind: direct}
  - {id: region, kind: rollup, of: own, levels: 1, hierarchy: region}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: orders, kind: count, credits: own}
components:
  - id: valued
    name: {en: Valued, zh-Hant: 共值, zh-Hans: 共值}
    kind: pool
    pool: {amount: sales * 1%, shapley: show}
  - id: mixed
    name: {en: Mixed, zh-Hant: 混合, zh-Hans: 混合}
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: measure
      by: orders
      tiers: [{from: 0, rate: 2%}, {from: 500, rate: 3%}, {from: 900, rate: 4%}]
  - id: dated
    name: {en: Dated, zh-Hant: 換期, zh-Hans: 换期}
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: amount
      change: carry-on
      dated:
        - tiers: [{from: 0, rate: 2%}]
        - {from: 2026-05-01, tiers: [{from: 0, rate: 3%}]}
        - {from: 2026-06-01, tiers: [{from: 0, rate: 4%}]}
"""
}
