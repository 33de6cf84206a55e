"""How long do outcome, ledger and explanations take, and how do they grow?

Prints medians of interleaved runs and their ratios to one pandas group-by rank of the same rows.
"""

from __future__ import annotations

from bench_audit import again
from make_history import large_history
from measure import table, time_together

from alpha_model.analysis import (
    audit_report,
    constraint_costs,
    cycle_metrics,
    cycle_outcomes,
    explain_cycle,
    explain_pairs,
    facts_of,
    ledger,
    summarise_cycle,
)
from alpha_model.analysis.explain import sentences
from alpha_model.history import History

SIZES = (1_000, 3_000, 10_000)


def everything(history: History) -> None:
    """All that the analysis says about every cycle, as columns."""
    facts = facts_of(again(history))
    cycle_outcomes(facts)
    explain_pairs(facts)
    cycle_metrics(facts)
    audit_report(facts)


def main() -> None:
    """Print the tables."""
    for count in SIZES:
        history, bare = large_history(count), large_history(count, settings=False)
        signals = history.signals
        one = history.cycle(count // 2)
        twenty = [history.cycle(count // 3 + place) for place in range(20)]
        work = {
            "outcome": lambda h=history: cycle_outcomes(again(h)),
            "ledger, columns": lambda h=history: facts_of(again(h)).ledger,
            "ledger, frame": lambda h=history: ledger(again(h)),
            "reasons with amounts": lambda h=history: explain_pairs(again(h)),
            "outcome + ledger + reasons": lambda h=history: (cycle_outcomes(again(h)), facts_of(h).reasons),
            "the same, settings inferred": lambda h=bare: (cycle_outcomes(again(h)), facts_of(h).reasons),
            "constraint_costs": lambda h=history: constraint_costs(again(h)),
            "outcome, reasons, metrics, audit": lambda h=history: everything(h),
            "sentences of one cycle": lambda h=one: sentences(again(h)),
            "the same, its facts at hand": lambda h=one: sentences(h),
            "twenty cycles, one by one": lambda some=twenty: [sentences(again(each)) for each in some],
            "explain_cycle": lambda h=one: explain_cycle(again(h)),
            "summary of one cycle": lambda h=one: summarise_cycle(again(h)),
            "rank": lambda s=signals: s.groupby("cycle")["signal"].rank(),
        }
        print(f"\n{count:,} cycles × 100 pairs")
        print(table(time_together(work, rounds=5), baseline="rank"))


if __name__ == "__main__":
    main()
