"""Does the cycle agree with the naive one on very many random situations, alone and in batches?

Run with `make campaign`, or `python campaigns/differential.py COUNT [FIRST]`. Prints each seed on which the two
disagree, and makes the exit code 1.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "alpha_model")]

from situations import make_situation  # noqa: E402 - found by the path above
from test_naive_pipeline import differences  # noqa: E402
from test_rules_batch import batch_differences  # noqa: E402

BATCH = 1000


def main(count: int = 100_000, first: int = 0) -> int:
    """Compare so many situations, from the seed `first` on."""
    disagreements = 0
    for seed in range(first, first + count):
        for difference in differences(make_situation(random.Random(seed))):
            disagreements += 1
            print(f"seed {seed}: {difference}")
    for start in range(first, first + count, BATCH):
        for difference in batch_differences(range(start, min(start + BATCH, first + count))):
            disagreements += 1
            print(f"in a batch, {difference}")
    print(f"{count:,} random cycles from seed {first}, {disagreements} differences")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
