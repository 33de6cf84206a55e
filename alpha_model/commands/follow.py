"""How is a running strategy followed from the command line?"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from alpha_model.commands.output import plain_text
from alpha_model.commands.sources import LocalPath
from alpha_model.history import Folder, Follower, FollowEvent, LiveHistory, RemoteHistory
from alpha_model.history.files import is_uri, is_web, local_path, shown_uri
from alpha_model.history.live import Background, LiveSource, utc_now

Teller = Callable[[Follower, Sequence[FollowEvent]], None]

_MOST_LINES = 5
_LEAST_INTERVAL, _MOST_INTERVAL = 0.05, 3600.0


@click.command("follow")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--into", "target", required=True, type=LocalPath(dir_okay=False), help="The record to append to.")
@click.option("--once", is_flag=True, help="Look once and stop; exit with 1 when anything went wrong.")
@click.option(
    "--interval",
    type=click.FloatRange(_LEAST_INTERVAL, _MOST_INTERVAL),
    default=0.5,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option(
    "--strategy",
    help="Name of the strategy in a new record, and of every SOURCE; without it, the name that SOURCE has.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each thing that happens.")
@click.pass_context
def follow_command(
    context: click.Context,
    sources: tuple[str, ...],
    target: Path,
    interval: float,
    strategy: str | None,
    *,
    once: bool,
    as_json: bool,
) -> None:
    """Record every new cycle of SOURCE as it appears, each once, until Ctrl+C or SIGTERM.

    SOURCE is a state file, a folder of them, a record, or the http(s) address of one. A framework that keeps its last
    cycle only is turned into a full history; half-written files, restarts and sources that go away do no harm. A cycle
    that is rewritten after its trades becomes the next revision. Exit code 0 when it was stopped.

    Examples: alpha-model follow state.json --into history.jsonl; alpha-model follow https://host/state --into h.jsonl
    """
    tell = _tell_json if as_json else _StatusLine() if sys.stderr.isatty() and not once else _Log()
    if any(_is_same_file(where, target) for where in sources):
        raise click.UsageError(f"{target} is both a SOURCE and the record. Name another file after --into.")
    followed = [_source(where, target, interval, once=once) for where in sources]
    with Follower(followed, target, strategy=strategy) as follower:
        if once:
            events = follower.poll()
            tell(follower, events)
            context.exit(1 if any(event.event == "problem" for event in events) else 0)
        _follow(follower, tell, interval)


def _source(where: str, target: Path, interval: float, *, once: bool) -> LiveSource | Folder:
    if is_web(where):
        remote = RemoteHistory(where, interval=timedelta(seconds=max(interval, 1.0)))
        return remote if once else Background(remote)
    path = _path(where)
    return Folder(path, left_out=path / target.name) if path.is_dir() else LiveHistory(path)


def _is_same_file(where: str, target: Path) -> bool:
    return not is_web(where) and _path(where).resolve() == target.resolve()


def _path(where: str) -> Path:
    """The path that a source which is no http(s) address stands for."""
    if not is_uri(where):
        return Path(where)
    path = local_path(where)
    if path is None:
        raise click.UsageError(f"{shown_uri(where)} cannot be followed. Give a file, a folder, or an http(s) address.")
    return path


def _follow(follower: Follower, tell: Teller, interval: float) -> None:
    """Look again and again until a signal asks us to stop; a look that has begun is finished."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        while not stop.is_set():
            tell(follower, follower.poll())
            stop.wait(interval)
    finally:
        if isinstance(tell, _StatusLine):
            tell.close()


def _tell_json(follower: Follower, events: Sequence[FollowEvent]) -> None:
    del follower
    for event in events:
        told = {name: _plain(value) for name, value in asdict(event).items() if value is not None}
        click.echo(json.dumps(told, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return value.isoformat().removesuffix("+00:00") + "Z" if isinstance(value, datetime) else value


def _sentence(event: FollowEvent) -> str:
    """An event for people."""
    if event.event == "problem":
        message = event.message or ""
        return message if event.source in message else f"{event.source}: {message}"
    if event.event == "recovered":
        return f"{event.source} can be read again."
    revision = f", revision {event.revision}" if event.revision else ""
    return f"recorded {event.timestamp:%Y-%m-%d %H:%M:%S} UTC{revision} from {event.source}"


def _sentences(events: Sequence[FollowEvent]) -> Iterable[tuple[datetime, str]]:
    """What happened, for people; many cycles of one source at once are one sentence."""
    for (kind, source), group in groupby(events, key=lambda event: (event.event, event.source)):
        told = list(group)
        if kind == "recorded" and len(told) > _MOST_LINES:
            span = f"{told[0].timestamp:%Y-%m-%d %H:%M} to {told[-1].timestamp:%Y-%m-%d %H:%M} UTC"
            yield told[-1].at, f"recorded {len(told):,} cycles, {span}, from {source}"
        else:
            yield from ((event.at, _sentence(event)) for event in told)


class _Log:
    """A line for each thing that happens, and when a cycle is overdue."""

    def __init__(self) -> None:
        self._overdue: set[str] = set()

    def __call__(self, follower: Follower, events: Sequence[FollowEvent]) -> None:
        for at, sentence in _sentences(events):
            self.line(plain_text(sentence), at)
        for source in follower.sources:
            fresh = source.freshness
            if fresh.is_overdue and source.name not in self._overdue:
                self._overdue.add(source.name)
                self.line(plain_text(f"{source.name}: the next cycle was due at {fresh.due_at:%Y-%m-%d %H:%M} UTC."))
            elif not fresh.is_overdue:
                self._overdue.discard(source.name)

    def line(self, words: str, at: datetime | None = None) -> None:
        """One line with its time."""
        click.echo(f"{at or utc_now():%Y-%m-%d %H:%M:%S}Z {words}", err=True)


class _StatusLine(_Log):
    """The log, above a line that says how fresh everything is."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def __call__(self, follower: Follower, events: Sequence[FollowEvent]) -> None:
        super().__call__(follower, events)
        self._live.update(Text(_status(follower)), refresh=True)

    def line(self, words: str, at: datetime | None = None) -> None:
        self._live.console.print(Text(f"{at or utc_now():%Y-%m-%d %H:%M:%S}Z {words}"))

    def close(self) -> None:
        """Take the line away."""
        self._live.stop()


def _status(follower: Follower) -> str:
    """Everything at one look."""
    parts = [f"{follower.cycle_count:,} cycles in {follower.target}"]
    for source in follower.sources:
        fresh = source.freshness
        last = "no cycle yet" if fresh.last_cycle_at is None else f"last {fresh.last_cycle_at:%Y-%m-%d %H:%M}"
        due = "" if fresh.due_at is None else f", next {'was ' if fresh.is_overdue else ''}due {fresh.due_at:%H:%M}"
        state = ", unreadable now" if source.problem is not None else ""
        parts.append(f"{source.name}: {last}{due}{state}")
    return plain_text(" · ".join(parts))
