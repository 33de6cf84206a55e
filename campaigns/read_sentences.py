"""Does every sentence say what its source holds, read with `json` and `gzip` alone?

Run with `python campaigns/read_sentences.py FILE…`: states of the reference framework and records of our own; without
files, the samples. All sentences of all pairs and all paragraphs are looked at, and `--draw COUNT` prints so many of
them, drawn by `--seed`, for a reader to judge what no program can: whether they mislead. The numbers are worked out
again by `tests/reading.py`, which uses nothing of this program. Prints a line a file and each sentence that its file
does not bear out, and ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from alpha_model.analysis import explain_cycle, summarise_cycle
from alpha_model.errors import HistoryError
from alpha_model.history import read_history

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from reading import faults_in, faults_in_paragraph, read_cycles  # noqa: E402 - it lies beside the tests

Sentence = tuple[str, str, list[str]]
"""Its file and cycle, the sentence, and what is wrong with it."""


def main() -> int:
    """Read, count, print."""
    asked = _asked()
    files = asked.files or sorted((ROOT / "sample_states").glob("*.gz"))
    pairs, cycles = _read(files, asked.every)
    dice = random.Random(asked.seed)
    for kind in (pairs, cycles):
        for where, sentence, faults in dice.sample(kind, min(asked.draw, len(kind))):
            print(f"{'wrong' if faults else 'right'} | {where} | {sentence}")
    wrong = [each for each in pairs + cycles if each[2]]
    for where, sentence, faults in wrong:
        print(f"{where}: {sentence}\n    {'; '.join(faults)}")
    print(f"{len(pairs):,} sentences of pairs, {len(cycles):,} paragraphs of cycles: {len(wrong):,} wrong")
    return bool(wrong)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--draw", type=int, default=0, help="so many of each kind are printed")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--every", type=int, default=1, help="look at every so many cycles only")
    return parser.parse_args()


def _read(files: list[Path], every: int) -> tuple[list[Sentence], list[Sentence]]:
    pairs: list[Sentence] = []
    cycles: list[Sentence] = []
    for file in files:
        try:
            before = len(pairs)
            for kind, sentence in _sentences(file, every):
                (cycles if kind == "cycle" else pairs).append(sentence)
            print(f"{file.name}: {len(pairs) - before:,} sentences of pairs")
        except HistoryError as error:
            print(f"{file.name}: {error}")
    return pairs, cycles


def _sentences(file: Path, every: int) -> Iterator[tuple[str, Sentence]]:
    history, raw = read_history(str(file)), read_cycles(file)
    if len(raw) != len(history):
        yield "cycle", (file.name, f"{len(history)} cycles", [f"the file has {len(raw)}"])
        return
    for number, cycle in list(zip(history.cycle_numbers, raw, strict=True))[::every]:
        one, where = history.cycle(int(number)), f"{file.name} {number}"
        told, names = explain_cycle(one), {_plain(pair.label): pair for pair in cycle.pairs.values()}
        for label, sentence in zip(told["pair"], told["sentence"], strict=True):
            pair = names.get(_plain(label.split(" #")[0])) or names.get(_plain(label))
            yield "pair", (where, sentence, faults_in(sentence, cycle, pair) if pair else ["no such pair in the file"])
        paragraph = summarise_cycle(one).paragraph
        yield "cycle", (where, paragraph, faults_in_paragraph(paragraph, cycle))


def _plain(label: str) -> str:
    return "".join(letter for letter in label if letter.isalnum())


if __name__ == "__main__":
    sys.exit(main())
