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
ANALYSIS_TESTS = [
    f"tests/alpha_model/analysis/{name}.py"
    for name in ("test_one_number", "test_ledger", "test_audit", "metrics/test_near_misses_and_streaks")
]
"""Tests that must notice a broken rule by themselves, where analysis asks it too."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change that makes the program wrong.

    Args:
        module: Of `alpha_model`.
        right: What stands there once.
        wrong: What is put in its place.
        asked_by_analysis: The tests of analysis must notice it, too.
    """

    module: str
    right: str
    wrong: str
    asked_by_analysis: bool = False


UNBROKEN = Mutation("model", "class AlphaModel(JsonDataclass):", "class AlphaModel(JsonDataclass):")
"""The control: unless the tests pass on it, they would notice anything."""

MUTATIONS = [
    Mutation("model", "self.raw_signals.pop(pair_id, None)", "pass"),
    Mutation("rules/select", "strength >= settings.threshold", "strength > settings.threshold"),
    Mutation("rules/select", "-(signals if compat.signed_selection else strength)", "-signals"),
    Mutation("model", "value / total if total else 0.0, value", "value / (total + portfolio.get_cash()), value"),
    Mutation("model", "new[pair_id] - old[pair_id]", "old[pair_id] - new[pair_id]"),
    Mutation("model", "return 0 < self.max_position_adjust_usd >=", "return 0 < self.max_position_adjust_usd >"),
    Mutation("model", "with portfolio.untouched_on_error():", "if True:"),
    Mutation(
        "rules/methods",
        "np.where(there, -strength, np.inf)",
        "np.where(there, strength, np.inf)",
        asked_by_analysis=True,
    ),
    Mutation("weighting", "if total > 1 + SUM_TOLERANCE", "if total > 2"),
    Mutation("rules/methods", "np.log1p(strength)", "np.log1p(strength) + 1", asked_by_analysis=True),
    Mutation(
        "rules/share",
        "left = left + asked - accepted if sequential else left - accepted",
        "left = left - accepted",
        asked_by_analysis=True,
    ),
    Mutation(
        "rules/share",
        "(wanted if queue.uncapped else smaller(wanted, largest[rank]))",
        "wanted",
        asked_by_analysis=True,
    ),
    Mutation("rules/share", "reached = may[rank] & (left > least)", "reached = may[rank]"),
    Mutation(
        "rules/share", "share, max_weight, ratio(ranked, to_come)", "share, max_weight, share", asked_by_analysis=True
    ),
    Mutation(
        "rules/share",
        "without_limits - shared.accepted.sum(axis=1, keepdims=True)",
        "equity - shared.accepted.sum(axis=1, keepdims=True)",
    ),
    Mutation("rules/weigh", "np.where(over, limit / np.where(over, sums, 1.0), 1.0)", "np.where(over, limit, 1.0)"),
    Mutation("rules/target", "np.where(pinned, 0.0, adjust)", "adjust"),
    Mutation("rules/target", "np.where(flips, wanted_usd, wanted_usd - old_value)", "wanted_usd - old_value"),
    Mutation("size_risk", "capped=accepted < asked", "capped=accepted <= asked"),
    Mutation("rules/gates", "largest < thresholds.rebalance", "largest <= thresholds.rebalance"),
    Mutation("rules/gates", "(Gate.unchanged, adjust == 0)", "(Gate.unchanged, adjust != adjust)"),
    Mutation("rules/gates", "(Gate.problematic, changes.problematic),", ""),
    Mutation("rules/gates", "closes = going & weak & changes.held", "closes = going & False"),
    Mutation("rules/gates", "flips * np.abs(old_value)", "0.0", asked_by_analysis=True),
    Mutation("rules/gates", "size < DUST_QUANTITY * price", "size < 0"),
    Mutation(
        "rules/gates",
        "np.where(falls & ~unset, self.sell, self.trade)",
        "np.where(falls & (self.sell != 0), self.sell, self.trade)",
        asked_by_analysis=True,
    ),
    Mutation("rules/cash", "cash - settings.headroom + arriving", "cash + arriving"),
    Mutation("rebalance", "key=lambda pair: pair[1].is_opening_or_increasing()", "key=lambda pair: pair[1].is_buy()"),
    Mutation("rebalance", "override_stop_loss or position.stop_loss is None", "True"),
    Mutation("rebalance", "mid * (2 - ratio if signal.is_short() else ratio)", "mid * ratio"),
    Mutation("position_manager", "else min(wanted, position.quantity)", "else wanted"),
    Mutation("position_manager", "collateral = Decimal(value) + proceeds", "collateral = proceeds"),
    Mutation("position_manager", "collateral = Decimal(value) - exposure", "collateral = Decimal(0)"),
    Mutation("portfolio", "self.next_position_id, self.next_trade_id = saved", "pass"),
    Mutation("portfolio", "tighter = max if side > 0 else min", "tighter = min if side > 0 else max"),
    Mutation("portfolio", "if cash < -CASH_TOLERANCE:", "if False:"),
    Mutation("paper", "seen = self.seen.iloc[: row + 1]", "seen = self.seen"),
    Mutation("serialisation", "seconds = when.replace(tzinfo=UTC).timestamp()", "seconds = when.timestamp()"),
    Mutation("serialisation", "if plan.catch_all and not plan.names.issuperset(kvs):", "if False:"),
    Mutation("signal", 'only_closes = old != "none" and self.normalised_weight == 0', "only_closes = False"),
    Mutation("rules/cash", "np.where(shrunk, adjust * share, adjust)", "adjust"),
    Mutation(
        "rules/cash", "(gate == Gate.free) | (gate == Gate.dust) | (gate == Gate.weight_too_small)", "gate == Gate.free"
    ),
    Mutation(
        "rules/cash",
        "share = np.where(short, available, 1.0) / np.where(short, wanted, 1.0)",
        "share = np.ones_like(wanted)",
    ),
    Mutation("rebalance", "if not finite(value) or value < 0:", "if False:"),
    Mutation("rebalance", "if not finite(self.cash_headroom):", "if False:"),
    Mutation(
        "model",
        "signal.flags = (signal.flags - (rebalance.STEP_FLAGS - kept)) | decision.flags()",
        "signal.flags = signal.flags | decision.flags()",
    ),
    Mutation("model", "signal.forget_reasons(Stage.threshold, Stage.cash)", "pass"),
    Mutation("model", "signal.forget_reasons(Stage.selection)", "pass"),
    Mutation(
        "model",
        "{name: plain_number(value) for name, value in settings.items() if value is not None}",
        "{name: value for name, value in settings.items() if value is not None}",
    ),
    Mutation("checks", "number: float = plain_number(ratio)", "number: float = ratio"),
    Mutation(
        "model",
        "self.position_adjust_threshold_usd = plain_number(min_trade_threshold)",
        "self.position_adjust_threshold_usd = min_trade_threshold",
    ),
    Mutation(
        "serialisation", "return int(value) if isinstance(value, numbers.Integral) else float(value)", "return value"
    ),
    Mutation("sizing", "signal.flags -= _STEP_FLAGS", "pass"),
    Mutation("sizing", "signal.forget_reasons(*_STEP_STAGES)", "pass"),
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
    Mutation("position_kind", "(held != wanted) &", "(held == wanted) &", asked_by_analysis=True),
    Mutation("position_kind", "(signal > 0) * (_SPOT + leveraged)", "(signal > 0) * _SPOT"),
    Mutation("rules/gates", "going & (flips | falls)", "going & falls"),
    Mutation("rules/gates", "(Gate.cannot_deposit, buys > can_deposit)", "(Gate.cannot_deposit, buys & False)"),
    Mutation("rules/gates", "(Gate.cannot_redeem, sells > can_redeem)", "(Gate.cannot_redeem, sells & False)"),
    Mutation("rules/gates", "(Gate.settling, changes.settling),", ""),
    Mutation("rules/select", "fit = strong if pinned is None else strong & ~pinned", "fit = strong"),
    Mutation("rules/share", "np.maximum(self.left[self.rows, self.protocols[rank]], 0.0)", "usd"),
    Mutation(
        "rules/share",
        "np.arange(len(present))[:, None] < np.asarray(settings.max_positions).T",
        "np.arange(len(present))[:, None] <= np.asarray(settings.max_positions).T",
    ),
    Mutation("rules/weigh", "np.minimum(wanted, limit)", "wanted", asked_by_analysis=True),
    Mutation("rules/weigh", "limit * (1 + CAP_TOLERANCE)", "limit"),
    Mutation("rules/methods", "(1 - blend_alpha) * own_share", "blend_alpha * own_share", asked_by_analysis=True),
    Mutation("rules/methods", "strongest) / temperature)", "strongest) * temperature)"),
    Mutation("rules/methods", "source_hash(own) == self.source", "True"),
    Mutation(
        "rules/cash",
        "np.where(closes, changes.old_value, np.where(sells, -adjust, 0.0))",
        "np.where(sells, -adjust, 0.0)",
    ),
    Mutation("position_manager", "position.quantity.copy_negate()", "-position.quantity"),
]


def survives(mutation: Mutation) -> bool:
    """Do all tests of the model, or all of analysis that ask the rule, pass although the program is wrong?"""
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
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        groups = [TESTS, ANALYSIS_TESTS] if mutation.asked_by_analysis else [TESTS]
        runs = (subprocess.run([*command, *group], cwd=copy, capture_output=True, check=False) for group in groups)
        return any(run.returncode == 0 for run in runs)


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
