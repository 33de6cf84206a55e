"""Builders of state files, small enough to read: each test says only what is special about its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import fsspec
import pytest

from alpha_model.history import History, read_history_bytes
from alpha_model.history.record.lines import seal

Json: TypeAlias = dict[str, Any]

MONDAY = 1_767_571_200
"""2026-01-05T00:00Z."""
WEEK = 7 * 86_400
STATES = Path(__file__).parents[4] / "shared" / "states"


class Make:
    """The parts of state files, in round numbers."""

    @staticmethod
    def pair(pair_id: int | None = 1, symbol: str = "WETH", **settings: Any) -> Json:
        base = {"chain_id": 1, "address": f"0xb{pair_id}", "token_symbol": symbol, "decimals": 18}
        quote = {"chain_id": 1, "address": "0xc0ffee", "token_symbol": "USDC", "decimals": 6}
        described = {"base": base, "quote": quote, "pool_address": f"0xa{pair_id}", "exchange_address": "0xe"}
        return {**described, "internal_id": pair_id, "fee": 0.003, "kind": "spot_market_hold", **settings}

    @staticmethod
    def short(pair_id: int, spot: Json) -> Json:
        return Make.pair(pair_id, "vWETH", kind="lending_protocol_short", underlying_spot_pair=spot)

    @staticmethod
    def signal(pair_id: int | None = 1, value: Any = 1.0, **settings: Any) -> Json:
        """A signal of $100 that follows its value; `pair` may be given whole."""
        return {
            "pair": Make.pair(pair_id),
            "signal": value,
            "signal_id": 7,
            "raw_weight": 1.0,
            "normalised_weight": 0.5,
            "old_weight": 0.0,
            "old_value": 0.0,
            "old_pair": None,
            "position_target": 100.0,
            "position_adjust_usd": 100.0,
            "position_adjust_quantity": 0.0,
            "position_adjust_ignored": False,
            "profit_before_trades": 0,
            "flags": [],
            "other_data": {},
            **settings,
        }

    @staticmethod
    def snapshot(raw: Json, chosen: Json | None = None, timestamp: Any = MONDAY, **settings: Any) -> Json:
        """A cycle with $1,000 to invest; everything raw is selected unless `chosen` says otherwise."""
        return {
            "timestamp": timestamp,
            "raw_signals": raw,
            "signals": raw if chosen is None else chosen,
            "investable_equity": 1_000.0,
            "close_position_weight_epsilon": 0.005,
            **settings,
        }

    @staticmethod
    def state(calculations: Any = None, **settings: Any) -> Json:
        """A state file of the reference framework; `settings` go into `visualisation`."""
        top = {
            name: settings.pop(name) for name in ("portfolio", "stats", "name", "last_updated_at") if name in settings
        }
        return {"created_at": 0, "visualisation": {"calculations": calculations, **settings}, **top}

    @staticmethod
    def trade(trade_id: int = 1, opened_at: Any = MONDAY, **settings: Any) -> Json:
        """A buy of 2 units for $100 that was filled at $51."""
        return {
            "trade_id": trade_id,
            "position_id": 1,
            "trade_type": "rebalance",
            "pair": Make.pair(),
            "opened_at": opened_at,
            "planned_quantity": "2",
            "planned_price": 50.0,
            "planned_mid_price": 49.5,
            "executed_at": opened_at,
            "executed_quantity": "2",
            "executed_price": 51.0,
            "lp_fees_paid": "0.3",
            "flags": ["open"],
            **settings,
        }

    @staticmethod
    def portfolio(*trades: Json, group: str = "open_positions") -> Json:
        return {group: {"1": {"position_id": 1, "trades": {str(entry["trade_id"]): entry for entry in trades}}}}

    @staticmethod
    def read(content: Any, **settings: Any) -> History:
        """The history in a file of this content; text and bytes are taken as they are."""
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        return read_history_bytes(content if isinstance(content, bytes) else content.encode(), "state.json", **settings)


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make


@pytest.fixture(scope="session")
def states() -> Path:
    """The folder of real and odd state files that lies beside the repository."""
    if not STATES.is_dir():
        pytest.skip(f"no state files at {STATES}")
    return STATES


@pytest.fixture(scope="session")
def resealed() -> Callable[..., bytes]:
    """A recorder's line with some members changed, and the checksum made good."""

    def change(line: bytes, **members: Any) -> bytes:
        body = {**json.loads(line), **members}
        del body["crc32"]
        return seal(json.dumps(body, separators=(",", ":")).encode()).rstrip(b"\n")

    return change


@pytest.fixture
def memory() -> Iterator[Any]:
    """An empty file system in memory."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()
