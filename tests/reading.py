"""Are the amounts and the words of doing in a sentence those of the source, read with `json` and `gzip` alone?

Nothing of `alpha_model` is used: the numbers are worked out again from the raw file, each for the place in the sentence
where it may stand.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

SIDES = ("open", "closed", "frozen", "pending", "expired")
DONE = ("executed", "repaired")
MONEY = r"(less than a cent|nothing|\$[\d,]+(?:\.\d\d)?)"
ROLES = [
    (rf"wanted (?:a short of )?{MONEY} \(", ["wanted"]),
    (rf"the cap per pair allowed {MONEY}", ["capped"]),
    (rf"\), {MONEY} stayed in cash", ["cut"]),
    (rf"was offered {MONEY} more", ["offered"]),
    (rf"only {MONEY} was left when its turn came", ["asked"]),
    (rf"before its turn, with {MONEY} left", ["unshared"]),
    (rf"size risk allowed {MONEY} and refused {MONEY}", ["accepted", "refused"]),
    (rf"in the whole cycle {MONEY} stayed in cash", ["cash"]),
    (rf"% would have been {MONEY}", ["would"]),
    (rf"open(?:ed)? (?:a short )?with {MONEY}", ["trade"]),
    (rf"(?:increased?|reduced?) by {MONEY} from {MONEY}", ["step", "old"]),
    (rf", by a trade worth {MONEY}", ["trade"]),
    (rf"closed? the (?:position|short) of {MONEY}(?!\d|,\d| and open)", ["trade"]),
    (rf"closed? the (?:long|short) of {MONEY} and open(?:ed)? a(?:nother kind of)? \w+ of {MONEY}", ["old", "turned"]),
    (rf"its target of {MONEY} is below the closing weight", ["target"]),
    (rf"(?:the (?:increase|reduction|closing)|a new position) of {MONEY}", ["adjust"]),
    (rf"skipped, {MONEY} below", ["gap"]),
    (rf"the threshold of {MONEY} for a single trade", ["single"]),
    (rf"the rebalance threshold of {MONEY}", ["gate"]),
    (rf"keeps (?:its )?(?:value of )?{MONEY}", ["old"]),
    (rf"already held {MONEY}", ["old"]),
    (rf"cash at hand cut {MONEY} off", ["short_of_cash"]),
]
"""Where an amount stands in the sentence of a pair, and what it must be."""
MILLISECONDS = 1e11
DOING = re.compile(r"; (?:opened|increased|reduced|closed) |: (?:opened|increased|reduced|closed) ")


@dataclass
class Trade:
    planned: float
    planned_usd: float
    filled: float
    filled_usd: float
    failed: bool


@dataclass
class Pair:
    """A pair in one cycle, as the file has it; `number` of what is absent is NaN."""

    label: str
    fields: dict[str, Any]
    chosen: bool
    trades: list[Trade] = field(default_factory=list)

    def number(self, name: str) -> float:
        value = self.fields.get(name)
        return math.nan if value is None or isinstance(value, (bool, str)) else float(value)

    def size(self, name: str) -> float:
        value = self.number(name)
        return abs(value) if math.isfinite(value) else 0.0


@dataclass
class Cycle:
    timestamp: float
    fields: dict[str, Any]
    pairs: dict[str, Pair]
    settings: dict[str, Any] = field(default_factory=dict)
    caps: list[float] = field(default_factory=list)
    """What the cap per pair may be, USD: the setting, else the largest target of all cycles as a share of equity."""

    def number(self, name: str) -> float:
        return Pair("", self.fields, chosen=False).number(name)


def read_cycles(path: Path) -> list[Cycle]:
    """The cycles of a state file of the framework, or of a record of our own, in their order."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        found = list(_record(file)) if ".jsonl" in path.name else list(_state(json.load(file)))
    shares = [
        pair.size("position_target") / cycle.number("investable_equity")
        for cycle in found
        for pair in cycle.pairs.values()
        if pair.chosen and cycle.number("investable_equity") > 0 and not pair.fields.get("carry_forward_position")
    ]
    for cycle in found:
        weight = cycle.settings.get("max_weight") or round(max(shares, default=1.0), 4)
        cycle.caps = [weight * cycle.number("investable_equity")]
    return [cycle for _, cycle in sorted({cycle.timestamp: cycle for cycle in found}.items())]  # the last revision


def _record(lines: Iterable[str]) -> Iterator[Cycle]:
    names: dict[int, str] = {}
    for line in map(json.loads, lines):
        if line["type"] == "pair":
            names[line["pair_id"]] = _label(line["pair"])
        elif line["type"] == "cycle":
            yield _recorded(line, names)


def _recorded(line: dict[str, Any], names: dict[int, str]) -> Cycle:
    rows, trades = (_rows(line[part]) for part in ("signals", "trades"))
    pairs = {names[row["pair_id"]]: Pair(names[row["pair_id"]], row, bool(row["signal_in_selection"])) for row in rows}
    for row in trades:
        if row["kind"] == "rebalance" and row["timestamp"] == line["timestamp"] and names[row["pair_id"]] in pairs:
            status = row["status"]
            pairs[names[row["pair_id"]]].trades.append(
                _trade(row, filled=status in DONE, failed=status in ("failed", "expired"))
            )
    return Cycle(float(line["timestamp"]), line["fields"], pairs, _settings(line["pipeline"]))


def _settings(pipeline: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {name: value for step in pipeline or [] for name, value in step.items()}


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _state(state: dict[str, Any]) -> Iterator[Cycle]:
    shown = state["visualisation"]
    models = list(shown.get("calculations", {}).items())
    models += [(None, model) for name, model in shown.get("discardable_data", {}).items() if name == "alpha_model"]
    trades = _trades_of_state(state)
    for key, model in models:
        if isinstance(model, dict) and "signals" in model and "raw_signals" in model:
            yield _snapshot(_moment(model.get("timestamp") or key or state["last_updated_at"]), model, trades)


def _moment(value: Any) -> float:
    """UNIX seconds, also of an ISO time and of milliseconds."""
    if isinstance(value, str) and not value.replace(".", "").isdigit():
        return datetime.fromisoformat(value).timestamp()
    return float(value) / (1000 if float(value) > MILLISECONDS else 1)


def _snapshot(timestamp: float, model: dict[str, Any], trades: dict[tuple[float, str], list[Trade]]) -> Cycle:
    pairs = {}
    for key, entry in {**model["raw_signals"], **model["signals"]}.items():
        inside = model["signals"].get(key)
        label, risk = _label(entry["pair"]), entry.get("position_size_risk") or {}
        row = entry | {"asked": risk.get("asked_size"), "accepted": risk.get("accepted_size")}
        strength = (inside or {}).get("signal")
        row["signal"] = model["raw_signals"].get(key, entry)["signal"]
        chosen = isinstance(strength, (int, float)) and math.isfinite(strength) and strength != 0
        pairs[label] = Pair(label, row, chosen, trades.get((timestamp, label), []))
    return Cycle(timestamp, model, pairs, _settings(model.get("pipeline")))


def _trades_of_state(state: dict[str, Any]) -> dict[tuple[float, str], list[Trade]]:
    found = defaultdict(list)
    portfolio = state.get("portfolio") or {}
    for side in SIDES:
        for position in (portfolio.get(f"{side}_positions") or {}).values():
            for trade in position["trades"].values():
                filled = bool(trade.get("executed_at")) and float(trade.get("executed_quantity") or 0) != 0
                if trade.get("trade_type") == "rebalance":
                    key = float(trade["opened_at"]), _label(position["pair"])
                    failed = bool(trade.get("failed_at") or trade.get("expired_at")) and not filled
                    found[key].append(_trade(trade, filled=filled, failed=failed))
    return dict(found)


def _trade(row: dict[str, Any], *, filled: bool, failed: bool) -> Trade:
    names = ("planned_quantity", "planned_price", "executed_quantity", "executed_price")
    planned, price, units, paid = (float(row.get(name) or 0) for name in names)
    units, paid = (units or planned, paid or price) if filled else (0.0, 0.0)
    return Trade(planned, abs(planned * price), units, abs(units * paid), failed)


def _label(pair: dict[str, Any]) -> str:
    """The spot pair under a short or a leveraged one, by its vault's whole name where it has one."""
    pair = pair.get("underlying_spot_pair") or pair
    name = (pair.get("other_data") or {}).get("vault_name") or pair["base"]["token_symbol"]
    return f"{name.strip()}-{pair['quote']['token_symbol']}"


def amounts_of(cycle: Cycle, pair: Pair) -> dict[str, list[float]]:
    """What each role of `ROLES` may be, USD."""
    equity, chosen = cycle.number("investable_equity"), [each for each in cycle.pairs.values() if each.chosen]
    total = sum(each.size("raw_weight") for each in chosen)
    wanted = pair.size("raw_weight") / total * equity if total else math.nan
    caps, single = cycle.caps, _single_gates(cycle, pair)
    asked, accepted, adjust = pair.number("asked"), pair.number("accepted"), pair.size("position_adjust_usd")
    targets = sum(each.size("position_target") for each in chosen)
    shared = sum(each.size("accepted") for each in chosen)
    planned, filled = (sum(getattr(each, name) for each in pair.trades) for name in ("planned_usd", "filled_usd"))
    would = [share * equity for share in _would_have(cycle, pair, chosen)]
    return {
        "wanted": [wanted, wanted - 1e-5 * equity],
        "capped": [*caps, pair.size("position_target")],
        "cut": [wanted - cap for cap in caps] + [wanted - pair.size("position_target")],
        "offered": [asked - min(wanted, cap) for cap in caps],
        "asked": [asked],
        "unshared": [equity - shared],
        "accepted": [accepted],
        "refused": [asked - accepted],
        "cash": [equity - targets],
        "would": [min(each, cap) for each in would for cap in [*caps, math.inf]],
        "trade": [filled if any(each.filled for each in pair.trades) else planned or adjust, adjust],
        "step": _step(pair, filled or planned or adjust, adjust),
        "turned": [pair.size("position_target"), planned, filled],
        "old": [pair.size("old_value")],
        "target": [pair.size("position_target")],
        "adjust": [adjust],
        "gap": [each - adjust for each in single],
        "single": single,
        "gate": [cycle.number("position_adjust_threshold_usd")],
        "short_of_cash": [adjust - planned, pair.size("position_target") - pair.size("old_value") - planned],
    }


def _single_gates(cycle: Cycle, pair: Pair) -> list[float]:
    """The thresholds of single trades that are on record."""
    named = [cycle.settings.get(f"individual_rebalance_{kind}_threshold") for kind in ("min", "buy", "sell")]
    wrote = [each["limit"] for each in pair.fields.get("reasons") or [] if each["stage"] == "threshold"]
    return [float(each) for each in [*named, *wrote] if each is not None]


def _step(pair: Pair, traded: float, adjust: float) -> list[float]:
    """What a position changes by; of a short with collateral the trade may be worth another amount."""
    apart = "short" in str(pair.fields.get("old_kind") or pair.fields.get("synthetic_kind"))
    return [adjust] if apart and not math.isclose(traded, adjust, rel_tol=0.02) else [traded, adjust]


def _would_have(cycle: Cycle, pair: Pair, chosen: list[Pair]) -> list[float]:
    """The share of a pair beside the chosen ones, under the weighting on record, else under each that there is."""
    own, others = pair.size("signal"), [each.size("signal") for each in chosen]
    place, count = 1 + sum(each > own for each in others), len(others) + 1
    harmonic = sum(1 / each for each in range(1, count + 1))
    method = cycle.settings.get("method")
    name = method["name"] if isinstance(method, dict) else method
    heat = method["temperature"] if name == "weight_by_softmax" else 1.0

    def part(weight: Callable[[float], float]) -> float:
        return weight(own) / (weight(own) + sum(map(weight, others))) if own else 0.0

    found = {
        "weight_equal": 1 / count,
        "weight_by_1_slash_n": 1 / place / harmonic,
        "weight_by_1_slash_n_ascending": 1 / (count + 1 - place) / harmonic,
        "weight_passthrouh": part(float),
        "weight_passthrough": part(float),
        "weight_by_log": part(math.log1p),
        "weight_by_softmax": part(lambda each: math.exp(each / heat)),
    }
    return [found[name]] if name in found else list(found.values())


def faults_in(sentence: str, cycle: Cycle, pair: Pair) -> list[str]:
    """What in the sentence of a pair the raw file does not bear out; empty where all of it is."""
    return [*_wrong_amounts(sentence, cycle, pair), *_wrong_deed(sentence, pair), *_wrong_rank(sentence, cycle, pair)]


def _wrong_amounts(sentence: str, cycle: Cycle, pair: Pair) -> Iterator[str]:
    allowed, told = amounts_of(cycle, pair), 0
    for pattern, roles in ROLES:
        for found in re.finditer(pattern, sentence):
            for role, text in zip(roles, found.groups(), strict=True):
                told += text.startswith("$")
                if not any(is_said(text, amount) for amount in allowed[role]):
                    yield f"{role} {text}, not any of {allowed[role]}"
    if told != sentence.count("$") - pair.label.count("$"):
        yield "an amount that no role explains"


def _wrong_deed(sentence: str, pair: Pair) -> Iterator[str]:
    filled = any(each.filled for each in pair.trades)
    if DOING.search(sentence) and pair.trades and not filled and "the next holdings show it" not in sentence:
        yield "told as done without a fill"
    if "planned to " in sentence and filled:
        yield "told as a plan beside a fill"
    if ("the trade failed" in sentence) != (any(each.failed for each in pair.trades) and not filled):
        yield "failed or not"


def _wrong_rank(sentence: str, cycle: Cycle, pair: Pair) -> Iterator[str]:
    rank = re.search(r"ranked (\d+)\w\w of (\d+)", sentence)
    sizes = [each.size("signal") for each in cycle.pairs.values() if each.size("signal")]
    own = pair.size("signal")
    places = range(1 + sum(each > own for each in sizes), 1 + sum(each >= own for each in sizes))
    if rank and (int(rank[1]) not in places or int(rank[2]) != len(sizes)):
        yield f"ranked {places} of {len(sizes)}"
    chosen = re.search(r"(\d+) selected", sentence)
    if chosen and int(chosen[1]) != sum(each.chosen for each in cycle.pairs.values()):
        yield "selected another number"


def faults_in_paragraph(paragraph: str, cycle: Cycle) -> list[str]:
    """The same of the paragraph of a cycle: counts, planned and executed money, the gate, targets."""
    pairs, equity = list(cycle.pairs.values()), cycle.number("investable_equity")
    trades = [trade for pair in pairs for trade in pair.trades]
    done = [trade for trade in trades if trade.filled]
    if not trades:  # a file without trades: a change with a position was planned
        sizes = [each.size("position_adjust_usd") for each in pairs if each.fields.get("position_id")]
        trades = [Trade(size, size, 0.0, 0.0, failed=False) for size in sizes if size]
    gate, largest = cycle.number("position_adjust_threshold_usd"), cycle.number("max_position_adjust_usd")
    free = [pair for pair in pairs if not pair.fields.get("carry_forward_position")]
    strong = sum(bool(pair.size("signal")) for pair in pairs)
    chosen = sum(pair.chosen for pair in pairs)
    facts = [
        (r"rebalanced(?: in part)? with (\d+) trades? worth (\S+?)[.:;,]? ", len(done), _total(done, "filled_usd")),
        (r"planned (\d+) trades? worth (\S+?)[.:;,] ", len(trades), _total(trades, "planned_usd")),
        (r"^.*?(\d+) of \d+ signals? w", chosen),
        (r"\d+ of (\d+) signals? w", strong),
        (r"with targets of (\S+) for", _total(free, "position_target")),
        (r"for (\S+) of investable equity", equity),
        (r"largest change of (\S+) ", largest),
        (r"stayed (\S+) below the threshold of (\S+?)\. ", gate - largest, gate),
    ]
    faults = []
    for pattern, *numbers in facts:
        found = re.search(pattern, paragraph + " ")
        for text, number in zip(found.groups() if found else (), numbers, strict=False):
            if not (is_said(text, number) if text.startswith("$") else text == str(number)):
                faults.append(f"{text} where the file has {number} ({pattern})")
    return faults


def _total(things: Iterable[Trade | Pair], name: str) -> float:
    return sum(each.size(name) if isinstance(each, Pair) else getattr(each, name) for each in things)


def is_said(text: str, amount: float) -> bool:
    """Is the amount what the text says, within its rounding?"""
    if math.isnan(amount) or math.isinf(amount):
        return False
    if not text.startswith("$"):
        return abs(amount) < 0.005
    said = float(text[1:].replace(",", ""))
    return abs(abs(amount) - said) <= (0.00501 if "." in text else 0.501)
