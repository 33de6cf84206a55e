"""Is there an input that makes the program fail, wait, or eat memory?

Run with `make campaign`, or `python campaigns/fuzz.py COUNT`; `--seed` gives other cases, `--case NUMBER` repeats one
with every question. Each case is an input of one of ten kinds, bent by dice; it is opened in every way there is. Of
what opened, each case answers a share of the functions of `alpha_model.analysis`, commands and pages, and every
hundredth all of them. A fault is an exception that is not ours, a question that takes five seconds of processor time,
1,000 MB of memory, or an error that is too long or has control characters. The first cases of each fault are kept in
`test-output/fuzz`. Prints a table, and ends with 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]
KEPT = ROOT / "test-output" / "fuzz"
KEPT_OF_EACH = 3
BLOCK = 200
"""Cases of one process; a new one has its memory back."""
SHARE = 0.03
"""Of the functions, commands and pages that most cases are asked."""
THOROUGH = 100
"""Every so many cases, all of them."""
PATIENCE = 120.0
"""Seconds of processor time after which a case is ended from outside; ten times as many on the clock."""
ADDRESSES = 2_000_000_000
"""Bytes that a process may ask for beyond what it had at its beginning: then it runs out of memory, not the machine."""

Told = dict[str, Any]
"""What a process says of one case."""


def tell_block(seed: int, first: int, stop: int, share: float | None) -> None:
    """Try these cases, and say before and after each what became of it, a line of JSON each."""
    from fuzzing.cases import KINDS  # noqa: PLC0415 - the parent needs none of it

    _limit_memory()
    faulthandler.register(signal.SIGPROF, chain=True)
    for number in range(first, stop):
        print(json.dumps({"begun": number, "kind": list(KINDS)[number % len(KINDS)]}), flush=True)
        faulthandler.dump_traceback_later(10 * PATIENCE, exit=True)
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)
        told = tell_case(seed, number, share)
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(told), flush=True)
        if any(fault["what"] == "memory" for fault in told["faults"]):
            return  # what the process had at most is all that it can say


def tell_case(seed: int, number: int, share: float | None) -> Told:
    """Try one case; its input is kept where there was a fault."""
    from fuzzing.cases import make_case  # noqa: PLC0415 - the parent needs none of it
    from fuzzing.trial import Trial  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory() as folder:
        case = make_case(seed, number, Path(folder))
        pristine = Path(folder) / "kept" / case.path.name
        (shutil.copytree if case.path.is_dir() else _copy)(case.path, pristine)
        trial = Trial(case, share if share is not None else 1.0 if number % THOROUGH == 0 else SHARE)
        trial.run()
        if trial.faults:
            _keep(pristine, seed, number, [f"{each.what}: {each.asked}\n{each.told}" for each in trial.faults])
    faults = [asdict(fault) | {"told": fault.told.strip()[-300:]} for fault in trial.faults]
    return {"number": number, "opened": trial.is_opened, "asked": trial.asked, "faults": faults}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir()
    shutil.copy(source, target)


def _keep(path: Path, seed: int, number: int, told: list[str]) -> None:
    folder = KEPT / f"{seed}-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / path.name)
    (folder / "faults.txt").write_text("\n\n".join(told), errors="backslashreplace")


def _limit_memory() -> None:
    from fuzzing import trial  # noqa: F401, PLC0415 - so that imports are not counted

    had = int(Path("/proc/self/status").read_text().partition("VmData:")[2].split()[0]) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (had + ADDRESSES, had + ADDRESSES))


def blocks_told(seed: int, share: float | None, block: range) -> Iterator[Told]:
    """What processes say of these cases; a process that ends in the middle is followed by another."""
    start = block.start
    while start < block.stop:
        begun: Told | None = None
        words = [sys.executable, __file__, "--block", str(start), str(block.stop), "--seed", str(seed)]
        words += [] if share is None else ["--share", str(share)]
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment())
            for line in process.stdout or ():
                told = json.loads(line)
                if "begun" in told:
                    begun = told
                else:
                    yield {**(begun or {}), **told}
                    start, begun = told["number"] + 1, None
            process.wait()
            if begun is not None:
                errors.seek(0)
                yield _ended(begun, process.returncode, errors.read())
                start = begun["begun"] + 1
            elif process.returncode:
                errors.seek(0)
                raise SystemExit(f"a process could not begin:\n{errors.read()[-3_000:]}")


def _environment() -> dict[str, str]:
    quiet = {"ALPHA_MODEL_CACHE": "off", "OMP_NUM_THREADS": "1", "STREAMLIT_LOG_LEVEL": "error"}
    return os.environ | quiet


def _ended(begun: Told, code: int, errors: str) -> Told:
    """A case that its process did not survive: it waited for ever, or was killed."""
    waited = code == -signal.SIGPROF or "Timeout" in errors
    what = "slow" if waited else "memory" if "MemoryError" in errors else "killed"
    place = next((line.strip() for line in errors.splitlines() if "/alpha_model/" in line or "/dashboard/" in line), "")
    fault = {"what": what, "asked": "the process", "where": place or f"exit code {code}", "told": errors[-300:]}
    return {**begun, "number": begun["begun"], "opened": False, "asked": {}, "faults": [fault]}


@dataclass(slots=True)
class Tally:
    """What all cases together say.

    Args:
        seed: Of the run.
        cases: By kind, how many there were.
        opened: By kind, how many opened in some way.
        faulty: By kind, how many had a fault.
        asked: How often each function, command and page was asked.
        faults: By what it is and where, the cases.
    """

    seed: int
    cases: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    faulty: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))

    def add(self, told: Told) -> None:
        """Count a case; of each fault only the first ones stay on disk."""
        kind, number = told["kind"], told["number"]
        self.cases[kind] += 1
        self.opened[kind] += told["opened"]
        self.faulty[kind] += bool(told["faults"])
        self.asked.update(told["asked"])
        keys = {(fault["what"], fault["where"]) for fault in told["faults"]}
        if told["faults"] and all(len(self.faults[key]) >= KEPT_OF_EACH for key in keys):
            shutil.rmtree(KEPT / f"{self.seed}-{number}", ignore_errors=True)
        for fault in told["faults"]:
            known = self.faults[fault["what"], fault["where"]]
            if number not in (each["number"] for each in known[-1:]):
                known.append({**fault, "kind": kind, "number": number})

    def show(self, seconds: float) -> None:
        """The table, and each fault with the case that repeats it."""
        print(f"\n{'kind':16}  {'cases':>8}  {'opened':>8}  {'with a fault':>12}")
        for kind, count in self.cases.items():
            print(f"{kind:16}  {count:8,}  {self.opened[kind]:8,}  {self.faulty[kind]:12,}")
        print(f"{'together':16}  {self.cases.total():8,}  {self.opened.total():8,}  {self.faulty.total():12,}")
        whats = Counter(dict.fromkeys(("exception", "refusal", "slow", "memory", "killed", "words"), 0))
        for (what, _), cases in self.faults.items():
            whats[what] += len(cases)
        print("cases by fault: " + ", ".join(f"{what} {count:,}" for what, count in whats.items()))
        for name, begins in (("functions", ""), ("commands", "alpha-model "), ("pages", "page ")):
            print(f"{name}: {_often(self.asked, begins)}")
        print(f"seed {self.seed}, {seconds:,.0f} s")
        for (what, where), cases in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            first = cases[0]
            kinds = ", ".join(sorted({case["kind"] for case in cases}))
            last_line = first["told"].splitlines()[-1][:160] if first["told"] else ""
            print(f"{len(cases):6,} × {what}: {where} ({kinds}); case {first['number']}, {first['asked']}: {last_line}")


def _often(asked: Counter[str], begins: str) -> str:
    others = ("alpha-model ", "page ", "open: ")
    mine = [
        count for name, count in asked.items() if (name.startswith(begins) if begins else not name.startswith(others))
    ]
    return f"{len(mine)}, asked {sum(mine):,} times, each at least {min(mine):,}" if mine else "none asked"


def campaign(count: int, first: int, seed: int, processes: int, share: float | None) -> int:
    """Try so many cases, and print what was found."""
    tally, began = Tally(seed), time.monotonic()
    blocks = [range(start, min(start + BLOCK, first + count)) for start in range(first, first + count, BLOCK)]
    with ThreadPoolExecutor(processes) as pool:
        for done, block in enumerate(pool.map(lambda block: list(blocks_told(seed, share, block)), blocks), start=1):
            for told in block:
                tally.add(told)
            if done % 10 == 0:
                print(f"{tally.cases.total():,} cases, {tally.faulty.total():,} with a fault", flush=True)
    tally.show(time.monotonic() - began)
    return 1 if tally.faults else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=100_000, help="how many cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--share", type=float, help="of the questions that every case is asked, 0...1")
    parser.add_argument("--case", type=int, help="repeat this case with every question")
    parser.add_argument("--block", type=int, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.block:
        tell_block(given.seed, *given.block, given.share)
        return 0
    run = partial(campaign, seed=given.seed, processes=given.processes)
    if given.case is not None:
        return run(1, given.case, share=1.0)
    shutil.rmtree(KEPT, ignore_errors=True)
    return run(given.count, given.first, share=given.share)


if __name__ == "__main__":
    sys.exit(main())
