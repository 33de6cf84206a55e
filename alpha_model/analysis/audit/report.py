"""What did the audit find, what did it check, and what could it not check?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis.audit import (
    book,
    clock,
    deals,
    flags,
    habits,
    money,
    positions,
    selection,
    series,
    told,
    trades,
    weights,
)
from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.facts import Facts, Places, facts_of, pair_labels
from alpha_model.analysis.words import printable
from alpha_model.history import History, Moment, utc
from alpha_model.values import PairId

RULES: tuple[Rule, ...] = (
    *clock.RULES,
    *selection.RULES,
    *weights.RULES,
    *money.RULES,
    *flags.RULES,
    *trades.RULES,
    *deals.RULES,
    *positions.RULES,
    *book.RULES,
    *told.RULES,
    *series.RULES,
    *habits.RULES,
)
"""Every rule, by family."""

MOST_OF_A_RULE = 100
"""So many findings of one rule are listed; all are counted."""

_RANK = {str(severity): rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the audit found and what it checked.

    Args:
        findings: As `audit` gives them.
        summary: As `audit_summary` gives it.
    """

    findings: pd.DataFrame
    summary: pd.DataFrame

    def count(self, severity: Severity) -> int:
        """How many findings of that severity there are, listed or not."""
        chosen = self.summary["severity"] == str(severity)
        return int(self.summary.loc[chosen, "findings"].sum())


def audit_report(
    history: History | Facts, *, now: Moment | None = None, limit: int | None = MOST_OF_A_RULE
) -> AuditReport:
    """Ask every rule once, and give findings and summary together.

    Args:
        history: The record; one that is narrowed to one pair leaves the sums over a cycle unchecked.
        now: The time of the audit; None leaves out whether cycles lie in the future.
        limit: The most findings of one rule to list: those with the largest differences. None lists all.
    """
    history = facts_of(history).history
    sheet = Sheet(history, None if now is None else utc(now))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = [(rule, rule.ask(sheet)) for rule in RULES]
    labels = pair_labels(history)
    frames = [_frame(sheet, rule, each, labels, limit) for rule, each in found if len(each)]
    findings = pd.concat(frames, ignore_index=True) if frames else _frame(sheet, RULES[0], Found(0, 0), labels, limit)
    order = np.lexsort((findings["timestamp"].to_numpy(), findings["severity"].map(_RANK).to_numpy(dtype=np.int64)))
    return AuditReport(findings.iloc[order].reset_index(drop=True), _summary(found))


def audit(history: History | Facts, *, now: Moment | None = None, limit: int | None = MOST_OF_A_RULE) -> pd.DataFrame:
    """Where does the record contradict itself, and what in it should somebody look at?

    Args:
        history: The record; one that is narrowed to one pair leaves the sums over a cycle unchecked.
        now: The time of the audit; None leaves out whether cycles lie in the future.
        limit: The most findings of one rule to list: those with the largest differences. None lists all.

    Returns:
        RangeIndex, one row a finding, errors first, then by time: rule (its code); severity (a `Severity` value);
        cycle (Int64, NA = none); timestamp (UTC, NaT = none; of the trade where the rule is about trades); pair_id
        (Int64, NA = about the whole cycle); expected and got (float64, in `unit`, NaN = no number); difference (got -
        expected); unit (a `Unit` value); sentence (plain text; names in it are those of the source, on one line);
        rule_count (how many findings the rule has in all, listed or not).
    """
    return audit_report(history, now=now, limit=limit).findings


def audit_summary(history: History | Facts, *, now: Moment | None = None) -> pd.DataFrame:
    """What was checked, how much of it, and with which result?

    Returns:
        RangeIndex, one row a rule, in the order of `audit_rules`: rule; severity; question; result (`holds`, `broken`,
        or `not recorded` where the source has nothing that the rule could check); findings (int64, all of them);
        checked and total (int64: of how many cycles, trades or problems the source records what the rule needs); scope
        (what these count).
    """
    return audit_report(history, now=now, limit=0).summary


def finding_counts(history: History | Facts, severity: Severity = Severity.warning) -> Places:
    """How many findings each cycle has.

    Args:
        history: The record.
        severity: Only those that are at least so severe.

    Returns:
        int64, one number a cycle; findings about no cycle are not in it.
    """
    sheet = Sheet(facts_of(history).history)
    counts = np.zeros(sheet.cycle_count, dtype=np.int64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for rule in RULES:
            if _RANK[str(rule.severity)] <= _RANK[str(severity)]:
                places = rule.ask(sheet).places
                counts += np.bincount(places[places >= 0], minlength=sheet.cycle_count)
    return counts


def audit_rules() -> pd.DataFrame:
    """Every question that the audit asks.

    Returns:
        RangeIndex, one row a rule: rule (its stable code); severity; question; meaning (what a finding means and what
        to do about it); unit (of the numbers).
    """
    rows = [(rule.code, str(rule.severity), rule.question, rule.meaning, str(rule.unit)) for rule in RULES]
    return pd.DataFrame(rows, columns=["rule", "severity", "question", "meaning", "unit"])


def _summary(found: list[tuple[Rule, Found]]) -> pd.DataFrame:
    rows = [
        {
            "rule": rule.code,
            "severity": str(rule.severity),
            "question": rule.question,
            "result": _result(rule, each),
            "findings": len(each),
            "checked": each.checked,
            "total": each.total,
            "scope": rule.scope,
        }
        for rule, each in found
    ]
    return pd.DataFrame(rows)


def _result(rule: Rule, found: Found) -> str:
    if len(found):
        return "broken"
    return "holds" if found.checked or rule.scope == "problems" else "not recorded"


def _frame(sheet: Sheet, rule: Rule, found: Found, labels: dict[PairId, str], limit: int | None) -> pd.DataFrame:
    """The listed findings of one rule."""
    difference = found.got - found.expected
    kept = np.arange(len(found))
    if limit is not None and len(found) > limit:
        size = np.nan_to_num(np.abs(np.where(np.isnan(difference), found.got, difference)))
        kept = np.sort(np.argsort(-size, kind="stable")[:limit])
    places = found.places[kept]
    of_cycle = places >= 0
    cycles = pd.array(sheet.history.cycle_numbers[np.where(of_cycle, places, 0)] if len(sheet.history) else places)
    cycles = pd.array(np.asarray(cycles), dtype="Int64")
    cycles[~of_cycle] = pd.NA
    if found.moments is not None:
        moments = found.moments[kept].astype("datetime64[us]")
    else:
        every = sheet.moments if len(sheet.history) else np.zeros(1, dtype=np.int64)
        moments = every[np.where(of_cycle, places, 0)].astype("datetime64[us]")
        moments[~of_cycle] = np.datetime64("NaT")
    pairs = pd.array(np.zeros(len(kept), dtype=np.int64), dtype="Int64")
    if found.pair_ids is None:
        pairs[:] = pd.NA
    else:
        pairs = pd.array(found.pair_ids[kept], dtype="Int64")
        pairs[found.pair_ids[kept] == clock.NO_PAIR] = pd.NA
    sentences = [_sentence(rule, found, row, labels) for row in kept.tolist()]
    return pd.DataFrame(
        {
            "rule": pd.Series([rule.code] * len(kept), dtype=object),
            "severity": pd.Series([str(rule.severity)] * len(kept), dtype=object),
            "cycle": cycles,
            "timestamp": pd.DatetimeIndex(moments).tz_localize("UTC"),
            "pair_id": pairs,
            "expected": found.expected[kept],
            "got": found.got[kept],
            "difference": difference[kept],
            "unit": pd.Series([str(rule.unit)] * len(kept), dtype=object),
            "sentence": pd.Series(sentences, dtype=object),
            "rule_count": np.full(len(kept), len(found), dtype=np.int64),
        }
    )


def _sentence(rule: Rule, found: Found, row: int, labels: dict[PairId, str]) -> str:
    expected, got = float(found.expected[row]), float(found.got[row])
    pair_id = None if found.pair_ids is None else int(found.pair_ids[row])
    texts = [amount_text(value, rule.unit) for value in (expected, got, abs(got - expected))]
    if texts[0] == texts[1] and expected != got:
        texts = [amount_text(value, rule.unit, exactly=True) for value in (expected, got, abs(got - expected))]
    return rule.sentence.format(
        pair=labels.get(pair_id, f"pair {pair_id}") if pair_id is not None else "",
        expected=texts[0],
        got=texts[1],
        difference=texts[2],
        word="" if found.words is None else printable(found.words[row]),
    )


_PERIODS = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"))


def amount_text(value: float, unit: Unit, *, exactly: bool = False) -> str:
    """A number as people read it."""
    if np.isnan(value):
        return "an unknown amount"
    if unit is Unit.usd:
        sign, size = ("-" if value < 0 else ""), abs(value)
        return f"{sign}${size:,.9g}" if exactly else f"{sign}${size:,.2f}"
    if unit is Unit.share:
        return f"{value * 100:.9g} %" if exactly else f"{value * 100:,.2f} %"
    if unit is Unit.whole:
        return f"{value:,.0f}"
    if unit is Unit.seconds:
        size, name = next(((size, name) for size, name in _PERIODS if abs(value) >= 2 * size), (1.0, "seconds"))
        return f"{value / size:,.4g} {name}"
    return f"{value:,.9g}" if exactly else f"{value:,.6g}"
