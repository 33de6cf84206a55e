"""How long do outcome, ledger and explanations take, and how do they grow?

Prints medians of interleaved runs and their ratios to one pandas group-by rank of the same rows.
"""

from __future__ import annotations

from make_history import large_history
from measure import table, time_together

from alpha_model.analysis import (
    audit_report,
    constraint_costs,
    cycle_metrics,
    cycle_outcomes,
    explain_cycle,
    explain_pairs,
    ledger,
    ledger_of,
    sentences,
    summarise_cycle,
)
from alpha_model.analysis.explain import reasons_of
from alpha_model.history import History

SIZES = (1_000, 3_000, 10_000)


def everything(history: History) -> None:
    """All that the analysis says about every cycle, as columns."""
    cycle_outcomes(history)
    book = ledger_of(history)
    reasons_of(history, book)
    cycle_metrics(history, book)
    audit_report(history)


def main() -> None:
    """Print the tables."""
    for count in SIZES:
        history, bare = large_history(count), large_history(count, settings=False)
        signals = history.signals
        one = history.cycle(count // 2)
        book = ledger_of(one)
        twenty = [history.cycle(count // 3 + place) for place in range(20)]
        work = {
            "outcome": lambda h=history: cycle_outcomes(h),
            "ledger, columns": lambda h=history: ledger_of(h),
            "ledger, frame": lambda h=history: ledger(h),
            "reasons with amounts": lambda h=history: explain_pairs(h),
            "outcome + ledger + reasons": lambda h=history: (cycle_outcomes(h), reasons_of(h, ledger_of(h))),
            "the same, settings inferred": lambda h=bare: (cycle_outcomes(h), reasons_of(h, ledger_of(h))),
            "constraint_costs": lambda h=history: constraint_costs(h),
            "outcome, reasons, metrics, audit": lambda h=history: everything(h),
            "sentences of one cycle": lambda h=one: sentences(h),
            "the same, ledger at hand": lambda h=one, b=book: sentences(h, b),
            "twenty cycles, one by one": lambda some=twenty: [sentences(each) for each in some],
            "explain_cycle": lambda h=one: explain_cycle(h),
            "summary of one cycle": lambda h=one: summarise_cycle(h),
            "rank": lambda s=signals: s.groupby("cycle")["signal"].rank(),
        }
        print(f"\n{count:,} cycles × 100 pairs")
        print(table(time_together(work, rounds=5), baseline="rank"))


if __name__ == "__main__":
    main()
