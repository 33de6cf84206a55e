"""Would the tests notice? Breaks each step of the cycle once, in a copy, and expects a test to fail.

Run with `make campaign`. A mutation that no test notices is printed and makes the exit code 1. Figures are kept in
docs/quality.md.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "tests" / "alpha_model").glob("test_*.py")
    if path.name != "test_reference_scenarios.py"  # what it needs lies outside the repository
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change that makes the program wrong."""

    module: str
    right: str
    wrong: str


UNBROKEN = Mutation("model", "class AlphaModel(JsonDataclass):", "class AlphaModel(JsonDataclass):")
"""The control: unless the tests pass on it, they would notice anything."""

MUTATIONS = [
    Mutation("model", "self.raw_signals.pop(pair_id, None)", "pass"),
    Mutation("model", "if item[1].strength >= threshold", "if item[1].strength > threshold"),
    Mutation(
        "model", "key=lambda item: item[1].strength, reverse=True", "key=lambda item: item[1].signal, reverse=True"
    ),
    Mutation("model", "value / total if total else 0.0, value", "value / (total + portfolio.get_cash()), value"),
    Mutation("model", "new[pair_id] - old[pair_id]", "old[pair_id] - new[pair_id]"),
    Mutation("model", "return 0 < self.max_position_adjust_usd >=", "return 0 < self.max_position_adjust_usd >"),
    Mutation("model", "with portfolio.untouched_on_error():", "if True:"),
    Mutation("weighting", "reverse=strongest_first)", "reverse=not strongest_first)"),
    Mutation("weighting", "if total > 1 + SUM_TOLERANCE", "if total > 2"),
    Mutation("weighting", "math.log1p(abs(signal))", "math.log(abs(signal))"),
    Mutation("allocation", "left += ask.usd - accepted if sequential else -accepted", "left -= accepted"),
    Mutation(
        "allocation",
        "usd, equity_cut = cap(capped_share * left, largest)",
        "usd, equity_cut = capped_share * left, False",
    ),
    Mutation("allocation", "if not sequential and left <= sharing.epsilon_usd", "if left < 0"),
    Mutation("allocation", "offered = candidate.raw_weight / weights_to_come * left", "offered = share * left"),
    Mutation("sizing", "max(0.0, allocation.shared_without_limits(queue, sharing) - total)", "sharing.equity - total"),
    Mutation("sizing", "_shrink(signal, allowed / held,", "_shrink(signal, 1.0,"),
    Mutation("sizing", "if signal.carry_forward_position:", "if False:"),
    Mutation("sizing", "adjust = target if signal.changes_position_kind(pair) else", "adjust ="),
    Mutation("size_risk", "capped=accepted < asked", "capped=accepted <= asked"),
    Mutation(
        "rebalance",
        "largest_adjust(signals) < rules.min_trade_threshold",
        "largest_adjust(signals) <= rules.min_trade_threshold",
    ),
    Mutation("rebalance", "if adjust == 0:", "if False:"),
    Mutation("rebalance", "if manager.is_problematic_pair(signal.pair):", "if False:"),
    Mutation("rebalance", "if signal.normalised_weight < epsilon and position:", "if False:"),
    Mutation("rebalance", "if _size(signal, adjust) < threshold:", "if abs(adjust) < threshold:"),
    Mutation("rebalance", "if abs(adjust) / manager.get_mid_price(signal.pair) < DUST_QUANTITY:", "if False:"),
    Mutation("rebalance", "if rules.sell_threshold is None else", "if not rules.sell_threshold else"),
    Mutation(
        "rebalance",
        "manager.get_current_cash() - rules.cash_headroom + arriving",
        "manager.get_current_cash() + arriving",
    ),
    Mutation("rebalance", "key=lambda pair: pair[1].is_opening_or_increasing()", "key=lambda pair: pair[1].is_buy()"),
    Mutation("rebalance", "override_stop_loss or position.stop_loss is None", "True"),
    Mutation("rebalance", "mid * (2 - ratio if signal.is_short() else ratio)", "mid * ratio"),
    Mutation("position_manager", "else min(wanted, position.quantity)", "else wanted"),
    Mutation("position_manager", "collateral = Decimal(value) + proceeds", "collateral = proceeds"),
    Mutation("position_manager", "collateral = Decimal(value) - exposure", "collateral = Decimal(0)"),
    Mutation("portfolio", "self.next_position_id, self.next_trade_id = saved", "pass"),
    Mutation("portfolio", "tighter = max if side > 0 else min", "tighter = min if side > 0 else max"),
    Mutation("paper", "if cash < -CASH_TOLERANCE:", "if False:"),
    Mutation("paper", "seen = self.seen.iloc[: row + 1]", "seen = self.seen"),
    Mutation("serialisation", "seconds = when.replace(tzinfo=UTC).timestamp()", "seconds = when.timestamp()"),
    Mutation("serialisation", "if plan.catch_all and not plan.names.issuperset(kvs):", "if False:"),
    Mutation("signal", 'only_closes = old != "none" and self.normalised_weight == 0', "only_closes = False"),
    Mutation(
        "rebalance",
        "shrunk = _apply_thresholds(decision.signal, usd,",
        "shrunk = _apply_thresholds(decision.signal, decision.adjust_usd,",
    ),
    Mutation("rebalance", "not decision.flags.isdisjoint(_AFTER_SIZE)", "False"),
    Mutation(
        "rebalance",
        "return [_shrink(each, share, available, rules, manager) if _is_buy(each)",
        "return [_shrink(each, 1.0, available, rules, manager) if _is_buy(each)",
    ),
    Mutation("rebalance", "if not finite(value) or value < 0:", "if False:"),
    Mutation("rebalance", "if not finite(self.cash_headroom):", "if False:"),
    Mutation("model", "(signal.flags - rebalance.STEP_FLAGS) | decision.flags", "signal.flags | decision.flags"),
    Mutation("model", "signal.forget_reasons(Stage.threshold, Stage.cash)", "pass"),
    Mutation("model", "signal.forget_reasons(Stage.selection)", "pass"),
    Mutation(
        "model",
        "{name: plain_number(value) for name, value in settings.items() if value is not None}",
        "{name: value for name, value in settings.items() if value is not None}",
    ),
    Mutation("model", "stop_loss=plain_number(stop_loss)", "stop_loss=stop_loss"),
    Mutation(
        "model",
        "self.position_adjust_threshold_usd = plain_number(min_trade_threshold)",
        "self.position_adjust_threshold_usd = min_trade_threshold",
    ),
    Mutation(
        "serialisation", "return int(value) if isinstance(value, numbers.Integral) else float(value)", "return value"
    ),
    Mutation("sizing", "signal.flags -= {Flags.capped_by_chain_allocation, Flags.capped_by_pool_size}", "pass"),
    Mutation(
        "sizing",
        "signal.forget_reasons(Stage.concentration, Stage.redistribution, Stage.size_risk, Stage.chain)",
        "pass",
    ),
    Mutation("sizing", "signal.position_size_risk = signal.position_target = None", "pass"),
    Mutation("sizing", "0 <= accepted <= asked", "accepted <= asked"),
    Mutation("position_manager", "if not finite(price) or price <= 0:", "if False:"),
    Mutation("size_risk", "if cap is not None and (not finite(cap) or cap < 0):", "if False:"),
    Mutation("size_risk", "if not finite(tvl) or tvl < 0:", "if tvl is None:"),
    Mutation("checks", 'if last == "calculate_target_positions":', "if False:"),
    Mutation("checks", "if not known.get(pair_id, not nothing_known):", "if not known.get(pair_id, True):"),
    Mutation("checks", "if not finite(position.mark_price):", "if False:"),
    Mutation("checks", 'if raw_signals and not signals and "select_top_signals" not in done:', "if False:"),
    Mutation("checks", "if not isinstance(weights, Mapping):", "if False:"),
]


def survives(mutation: Mutation) -> bool:
    """Do all tests pass although the program is wrong?"""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("alpha_model", "tests", "pyproject.toml"):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
        module = copy / "alpha_model" / f"{mutation.module}.py"
        text = module.read_text()
        if text.count(mutation.right) != 1:
            raise SystemExit(
                f"{mutation.module}: {mutation.right!r} stands {text.count(mutation.right)} times, not once"
            )
        module.write_text(text.replace(mutation.right, mutation.wrong))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
        return subprocess.run(command, cwd=copy, capture_output=True, check=False).returncode == 0


def survivors(chosen: Sequence[Mutation]) -> Iterator[Mutation]:
    """The mutations that no test noticed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        for mutation, survived in zip(chosen, pool.map(survives, chosen), strict=True):
            print(f"{'SURVIVED' if survived else 'noticed '}  {mutation.module}: {mutation.wrong}", flush=True)
            if survived:
                yield mutation


def main(first: int = 0) -> int:
    """Run them all, or those from number `first` on."""
    chosen = MUTATIONS[first:]
    if not survives(UNBROKEN):
        print("the tests fail on the program as it is, so they can show nothing")
        return 2
    unnoticed = list(survivors(chosen))
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} mutations noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
