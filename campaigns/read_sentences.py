"""Does every sentence say what its source holds, read with `json` and `gzip` alone?

Run with `python campaigns/read_sentences.py FILE…`: states of the reference framework and records of our own; without
files, the samples. All sentences of all pairs and all paragraphs are looked at; with `--draw COUNT` those of so many
cycles of each file, drawn by `--seed`, and of each the paragraph and the sentence of one pair are printed for a reader
to judge what no program can: whether they mislead. The numbers are worked out again by `tests/reading.py`, which uses
nothing of this program. Prints a line a file and each sentence that its file does not bear out, and ends with 1 where
there is one.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from alpha_model.analysis import explain_cycle, summarise_cycle
from alpha_model.history import History, read_history
from alpha_model.values import HistoryError

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from reading import Cycle, faults_in, faults_in_paragraph, read_cycles  # noqa: E402 - it lies beside the tests

Sentence = tuple[str, str, list[str]]
"""Its file and cycle, the sentence, and what is wrong with it."""


def main() -> int:
    """Read, count, print."""
    asked = _asked()
    dice = random.Random(asked.seed)
    found: list[Sentence] = []
    for file in asked.files or sorted((ROOT / "sample_states").glob("*.gz")):
        try:
            found += _of_file(file, asked.draw, dice)
        except HistoryError as error:
            print(f"{file.name}: {error}")
    wrong = [each for each in found if each[2]]
    for where, sentence, faults in wrong:
        print(f"wrong | {where} | {sentence}\n    {'; '.join(faults)}")
    print(f"{len(found):,} sentences of pairs and paragraphs of cycles: {len(wrong):,} wrong")
    return bool(wrong)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--draw", type=int, default=0, help="of each file only so many cycles, and print of them")
    parser.add_argument("--seed", type=int, default=12)
    return parser.parse_args()


def _of_file(file: Path, draw: int, dice: random.Random) -> list[Sentence]:
    history, raw = read_history(str(file)), read_cycles(file)
    if len(raw) != len(history):
        return [(file.name, f"{len(history)} cycles", [f"the file has {len(raw)}"])]
    places = sorted(dice.sample(range(len(raw)), min(draw, len(raw)))) if draw else range(len(raw))
    found: list[Sentence] = []
    for place in places:
        number = int(history.cycle_numbers[place])
        told = list(_of_cycle(history.cycle(number), raw[place], f"{file.name} {number}"))
        found += told
        for where, sentence, faults in [*dice.sample(told[:-1], min(1, len(told) - 1)), told[-1]] if draw else []:
            print(f"{'wrong' if faults else 'right'} | {where} | {sentence}")
    print(f"{file.name}: {len(found):,}", flush=True)
    return found


def _of_cycle(one: History, cycle: Cycle, where: str) -> Iterator[Sentence]:
    """The sentences of its pairs, and its paragraph last."""
    told, names = explain_cycle(one), {_plain(pair.label): pair for pair in cycle.pairs.values()}
    for label, sentence in zip(told["pair"], told["sentence"], strict=True):
        pair = names.get(_plain(label)) or names.get(_plain(label.split(" #")[0]))
        yield where, sentence, faults_in(sentence, cycle, pair) if pair else ["no such pair in the file"]
    paragraph = summarise_cycle(one).paragraph
    yield where, paragraph, faults_in_paragraph(paragraph, cycle)


def _plain(label: str) -> str:
    return "".join(letter for letter in label if letter.isalnum())


if __name__ == "__main__":
    sys.exit(main())
