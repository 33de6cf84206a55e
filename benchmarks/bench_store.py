"""What does a dataset cost, and what does it save: compacting, opening the whole and a month, asking in SQL?

Run with `make bench`, or `python benchmarks/bench_store.py [CYCLES] [PAIRS]`: a record of hourly cycles, compacted once
as a whole and once more after another hour, in processor time; then opened. The baseline is `read_history`.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import table, time_together

from alpha_model.history import History, HistoryRecorder, compact, query_dataset, read_history
from alpha_model.history.files import RealDisk

MONDAY = 1_767_571_200
HOUR = 3_600
ROUNDS = 5
QUESTION = "SELECT pair_id, sum(abs(position_adjust_usd)) FROM signals WHERE selected GROUP BY pair_id"


class UnsyncedDisk(RealDisk):
    """For a record that is made in a moment and thrown away."""

    def sync(self, file: int) -> None:
        """Nothing is lost by not waiting."""


def cycle(number: int, pair_count: int, dice: random.Random) -> dict[str, Any]:
    """A cycle in which half of the pairs are selected."""
    signals = {
        str(pair_id): {
            "pair": {"internal_id": pair_id, "base": {"token_symbol": f"T{pair_id}"}},
            "signal": dice.random(),
            **{name: dice.random() for name in ("raw_weight", "normalised_weight", "old_weight")},
            **{name: dice.random() * 1_000 for name in ("old_value", "position_target", "position_adjust_usd")},
        }
        for pair_id in range(1, pair_count + 1)
    }
    chosen = dict(list(signals.items())[::2])
    return {"timestamp": MONDAY + number * HOUR, "signals": chosen, "raw_signals": signals, "investable_equity": 1e6}


def main(cycle_count: int = 5_000, pair_count: int = 50) -> None:
    """Make a record, compact it, and ask in several ways."""
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        record, dataset = Path(name) / "history.jsonl", Path(name) / "histories"
        with HistoryRecorder(record, strategy="Bench", disk=UnsyncedDisk()) as recorder:
            for number in range(cycle_count):
                recorder.append(cycle(number, pair_count, dice))
        start = time.process_time()
        (whole,) = compact([record], dataset)
        first = time.process_time() - start
        with HistoryRecorder(record, disk=UnsyncedDisk()) as recorder:
            recorder.append(cycle(cycle_count, pair_count, dice))
        start = time.process_time()
        compact([record], dataset)
        another = time.process_time() - start
        print(
            f"{cycle_count:,} cycles of {pair_count} pairs: {record.stat().st_size / 1e6:.1f} MB as a record, "
            f"{whole.byte_count / 1e6:.1f} MB as a dataset; compacted in {first:.2f} s of processor time "
            f"({first / cycle_count * 1e3:.2f} ms a cycle), one cycle more in {another:.2f} s"
        )
        month = whole.months[-2]
        timings = time_together(
            {
                "read the record": lambda: read_history(record),
                "nothing new to compact": lambda: compact([record], dataset),
                "open the dataset": lambda: History.open(dataset),
                "open a month": lambda: History.open(dataset, between=(f"{month}-01", f"{month}-28")),
                "sum by pair in SQL": lambda: query_dataset(dataset, QUESTION),
                "the same of a month": lambda: query_dataset(
                    dataset, QUESTION.replace("WHERE", f"WHERE month = '{month}' AND")
                ),
            },
            ROUNDS,
        )
        print(table(timings, "read the record"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
