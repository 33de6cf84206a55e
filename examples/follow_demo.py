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
from typing import Any, TypeAlias

from alpha_model import AlphaModel, AssetIdentifier, TradingPairIdentifier, read_history, weight_passthrough

Event: TypeAlias = dict[str, Any]

START = datetime(2026, 1, 5)  # noqa: DTZ001 - cycle times are naive UTC
PAIRS = 40
PIECES = 5
LINES = 12
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


def main(cycles: int) -> int:
    """Play, follow, compare; the exit code is 0 when every cycle was recorded once."""
    with tempfile.TemporaryDirectory() as folder:
        state, record = Path(folder) / "state.json", Path(folder) / "history.jsonl"
        written, events = played(state, record, cycles)
        history = read_history(record)
    for event in events[:LINES]:
        print(told_line(event))
    print("…")
    kept = {name_of(event): event for event in events if event["event"] == "recorded"}
    is_complete = sorted(map(name_of, (e for e in events if e["event"] == "recorded"))) == sorted(written)
    halves = sum(event["event"] == "problem" for event in events[1:])
    print(f"{len(written)} states written in pieces; {halves} times a half was met")
    print(f"{len(history)} cycles and {len(history.superseded)} earlier revisions recorded")
    print(f"every one once: {'yes' if is_complete else 'NO'}")
    delays = [seconds_of(event) - written[name] for name, event in kept.items() if name in written]
    print(f"from written to recorded: median {statistics.median(delays):.2f} s, longest {max(delays):.2f} s")
    return 0 if is_complete else 1


def played(state: Path, record: Path, cycles: int) -> tuple[dict[str, float], list[Event]]:
    """When each state was complete, and what the follower said."""
    words = ["from alpha_model.cli import main; main()", "follow", str(state), "--into", str(record), "--json"]
    follower = subprocess.Popen([sys.executable, "-P", "-c", *words], stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert follower.stdout is not None
    first = follower.stdout.readline()  # it looks, and says that there is no file yet
    told: multiprocessing.Queue[tuple[str, float]] = multiprocessing.Queue()
    player = multiprocessing.Process(target=framework, args=(state, record, cycles, told))
    player.start()
    written = dict(told.get() for _ in range(cycles + cycles // 2))
    player.join()
    follower.terminate()
    output, _ = follower.communicate()
    return written, [json.loads(line) for line in (first, *output.splitlines())]


def name_of(event: Event) -> str:
    """Day and revision of a recorded cycle."""
    return f"{event['timestamp'][:10]}/{event['revision']}"


def seconds_of(event: Event) -> float:
    """When it happened."""
    return datetime.fromisoformat(event["at"]).timestamp()


def told_line(event: Event) -> str:
    """An event in a few words."""
    words = name_of(event) if event["event"] == "recorded" else event.get("message", "")
    return f"{event['at'][11:21]} {event['event']:<9} {words.replace(event['source'], 'state.json')}"[:110]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
