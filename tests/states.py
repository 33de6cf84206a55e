"""State files as the reference framework writes them, for tests that need a file and not only a history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOSTILE = ("<img src=x onerror=alert(1)>", '=HYPERLINK("http://x")', "*a* :smile: $x$", "\u202eabc", "W" * 200)
"""Token symbols that would do harm if anything but text were made of them."""


def snapshot(timestamp: int, *signals: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A cycle of the reference framework."""
    chosen = {str(signal["pair"]["internal_id"]): signal for signal in signals}
    return {"timestamp": timestamp, "raw_signals": chosen, "signals": chosen, "investable_equity": 1000.0, **fields}


def signal(pair_id: int, symbol: str, weight: float) -> dict[str, Any]:
    """A selected signal of 1 with this weight."""
    base = {"chain_id": 1, "address": f"0x{pair_id}", "token_symbol": symbol, "decimals": 18}
    quote = {"chain_id": 1, "address": "0xc", "token_symbol": "USDC", "decimals": 6}
    pair = {"base": base, "quote": quote, "pool_address": f"0xb{pair_id}", "internal_id": pair_id, "fee": 0.0}
    return {"pair": pair, "signal": 1.0, "raw_weight": weight, "normalised_weight": weight}


def write_state(path: Path, *cycles: dict[str, Any], messages: dict[str, list[str]] | None = None) -> Path:
    """Write a state file of these cycles."""
    calculations = {str(cycle["timestamp"]): cycle for cycle in cycles}
    path.write_text(json.dumps({"visualisation": {"calculations": calculations, "messages": messages or {}}}))
    return path
