"""A framework keeps its last cycle only; `alpha-model follow` makes a full history of it while it runs.

One process plays the framework: it rewrites its state file in place, in pieces, so that readers meet halves of it, and
writes every second cycle again after its trades. Another process follows. At the end the record is compared with what
was decided.

Run it: python examples/follow_demo.py [CYCLES]
"""

from __future__ import annotations

import json
import multiprocessing
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from alpha_model import AlphaModel, AssetIdentifier, TradingPairIdentifier, read_history, weight_passthrough

START = datetime(2026, 1, 5)  # noqa: DTZ001 - cycle times are naive UTC
PAIRS = 40
PIECES = 5
CHANCE = random.Random(1)  # noqa: S311 - pauses


def decide(day: int) -> AlphaModel:
    """The alpha model of one day."""
    model = AlphaModel(START + timedelta(days=day))
    dollar = AssetIdentifier(1, "0xc0ffee", "USDC", 6)
    for number in range(1, PAIRS + 1):
        base = AssetIdentifier(1, f"0x{number:040x}", f"T{number}", 18)
        pair = TradingPairIdentifier(base, dollar, f"0xb{number:039x}", "0xe", internal_id=number)
        model.set_signal(pair, 1 + (number * 7 + day) % 13)
    model.select_top_signals(10)
    model.assign_weights(weight_passthrough)
    model.normalise_weights(investable_equity=10_000.0)
    return model


def framework(state: Path, record: Path, cycles: int, told: multiprocessing.Queue[tuple[str, float]]) -> None:
    """Rewrite the state for every cycle, some of them twice, and tell when each was complete."""
    for day in range(cycles):
        for revision in range(1 + day % 2):
            model = decide(day).to_dict(encode_json=True)
            model["max_position_adjust_usd"] = 100.0 + revision
            message = {str(int(model["timestamp"])): [f"day {day}"]}
            content = {"visualisation": {"discardable_data": {"alpha_model": model}, "messages": message}}
            kept = cycle_lines(record)
            write_in_pieces(state, json.dumps(content))
            told.put((f"{START + timedelta(days=day):%Y-%m-%d}/{revision}", time.time()))
            wait_for_more(record, kept)


def write_in_pieces(path: Path, text: str) -> None:
    """As carelessly as can be: emptied, then filled bit by bit."""
    with path.open("w") as file:
        for place in range(PIECES):
            file.write(text[len(text) * place // PIECES : len(text) * (place + 1) // PIECES])
            file.flush()
            time.sleep(CHANCE.uniform(0.0, 0.3) if place + 1 < PIECES else 0)


def cycle_lines(record: Path) -> int:
    """How many cycles the record has."""
    return record.read_bytes().count(b'{"type":"cycle"') if record.exists() else 0


def wait_for_more(record: Path, count: int) -> None:
    """The next cycle is decided when this one was kept, or after a while."""
    for _ in range(500):
        if cycle_lines(record) > count:
            return
        time.sleep(0.02)


def main(cycles: int) -> None:
    """Play, follow, compare."""
    with tempfile.TemporaryDirectory() as folder:
        state, record = Path(folder) / "state.json", Path(folder) / "history.jsonl"
        command = ["from alpha_model.cli import main; main()", "follow", state, "--into", record, "--json"]
        follower = subprocess.Popen([sys.executable, "-c", *map(str, command)], stdout=subprocess.PIPE, text=True)  # noqa: S603
        told: multiprocessing.Queue[tuple[str, float]] = multiprocessing.Queue()
        player = multiprocessing.Process(target=framework, args=(state, record, cycles, told))
        player.start()
        written = dict(told.get() for _ in range(cycles + cycles // 2))
        player.join()
        follower.terminate()
        output, _ = follower.communicate()
        events = [json.loads(line) for line in output.splitlines()]
        kept = [event for event in events if event["event"] == "recorded"]
        names = [f"{event['timestamp'][:10]}/{event['revision']}" for event in kept]
        ends = [datetime.fromisoformat(event["at"]).timestamp() for event in kept]
        delays = [end - written[name] for name, end in zip(names, ends, strict=True)]
        history = read_history(record)
        halves = sum(event["event"] == "problem" for event in events)
        print(f"{len(written)} states written in pieces, {halves} times a half was met")
        print(f"{len(history)} cycles and {len(history.superseded)} earlier revisions recorded")
        print(f"every one once: {'yes' if sorted(names) == sorted(written) else 'NO'}")
        print(f"from written to recorded: median {statistics.median(delays):.2f} s, longest {max(delays):.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
