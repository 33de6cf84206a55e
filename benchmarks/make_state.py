"""A state file in the layout of the reference framework, as large as wanted, the same for the same size.

    python benchmarks/make_state.py 100 /tmp/state-100.json

Sixty pairs a cycle, 24 of them selected or held. A signal is 1.9 to 6 kB, because its pair is repeated up to five
times, as the framework writes it; trades and equity points grow along with the cycles.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

START = 1_577_836_800
"""2020-01-01T00:00Z."""
HOUR = 3_600
CYCLE_HOURS = 8
PAIR_COUNT = 60
SELECTED_COUNT = 20
HELD_COUNT = 4
"""Held from before and not selected any more, beside those that are selected."""
OLD_SHARE, FLAG_SHARE = 0.7, 0.2
"""How many of the selected pairs are held already, and how many signals carry a given flag."""
FLAGS = ("capped_by_pool_size", "capped_by_concentration", "individual_trade_size_too_small", "max_adjust_too_small")
MEGABYTE = 1_000_000


def make_state(path: Path, megabytes: float, seed: int = 1) -> int:
    """Write a state of about this size; at least one cycle.

    Returns:
        How many cycles it has.
    """
    writer = _Writer(random.Random(seed))
    with path.open("w", encoding="utf-8") as file:
        return writer.write(file, int(megabytes * MEGABYTE))


class _Writer:
    """Makes one state; a pair's text is made once and written many times."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._pairs = [_pair(number, dice) for number in range(1, PAIR_COUNT + 1)]
        self._texts = [json.dumps(pair) for pair in self._pairs]
        self._tvls = [dice.uniform(2e4, 5e7) for _ in self._pairs]
        self._equity = 100_000.0
        self._signal_id = 0

    def write(self, file: IO[str], size: int) -> int:
        """The whole document; trades and statistics come last, so that they can follow the cycles."""
        file.write('{"created_at": 1577836800.0, "initial_share_price": 1.0, "cycle": 1, "name": "Generated", ')
        file.write('"visualisation": {"messages": {}, "calculations": {')
        count, written = 0, 0
        while not count or written < size * 0.985:
            text = self._cycle(START + count * CYCLE_HOURS * HOUR)
            file.write((", " if count else "") + text)
            written += len(text)
            count += 1
        file.write('}, "plots": {}, "pair_ids": [], "discardable_data": {}}, ')
        file.write(f'"portfolio": {json.dumps({"next_position_id": 1, **self._positions(count)})}, ')
        file.write(f'"stats": {json.dumps({"portfolio": list(self._curve(count)), "positions": {}})}, ')
        file.write(f'"last_updated_at": {START + count * CYCLE_HOURS * HOUR}.5, "uptime": {{}}, "sync": {{}}}}')
        return count

    def _cycle(self, timestamp: int) -> str:
        """One entry of `calculations`: the selected signals stand in both parts, as the framework leaves them."""
        dice = self._dice
        self._equity *= 1 + dice.gauss(0.0003, 0.01)
        order = dice.sample(range(PAIR_COUNT), PAIR_COUNT)
        selected, held = order[:SELECTED_COUNT], order[SELECTED_COUNT : SELECTED_COUNT + HELD_COUNT]
        chosen = {place: self._signal(place, timestamp, selected=True) for place in selected}
        closing = {place: self._signal(place, timestamp, selected=False) for place in held}
        raw = {place: chosen.get(place) or self._bare(place) for place in order}
        accepted = self._equity * dice.uniform(0.6, 1.0)
        return (
            f'"{timestamp}": {{"timestamp": {timestamp}, '
            f'"raw_signals": {self._part(raw)}, "signals": {self._part(chosen | closing)}, '
            f'"investable_equity": {self._equity!r}, "accepted_investable_equity": {accepted!r}, '
            f'"size_risk_discarded_value": {self._equity - accepted!r}, '
            f'"max_position_adjust_usd": {dice.uniform(10, 9_000)!r}, "position_adjust_threshold_usd": 600.0, '
            '"close_position_weight_epsilon": 0.005}'
        )

    def _part(self, signals: dict[int, str]) -> str:
        return (
            "{" + ", ".join(f'"{self._pairs[place]["internal_id"]}": {text}' for place, text in signals.items()) + "}"
        )

    def _bare(self, place: int) -> str:
        """A raw signal that was not selected."""
        return self._entry(place, repr(self._dice.random()), "0.0", "0.0", "null", "null", [])

    def _signal(self, place: int, timestamp: int, *, selected: bool) -> str:
        """A signal that was selected, or is only held: with what is held of it, and its size risk."""
        dice, pair = self._dice, self._texts[place]
        old_pair = pair if not selected or dice.random() < OLD_SHARE else "null"
        asked = dice.uniform(100, 20_000)
        accepted = asked * dice.choice((1.0, 1.0, 0.5))
        risk = (
            f'{{"timestamp": {timestamp}, "pair": {pair}, "sizing_type": "hold", "path": [{pair}], '
            f'"capped": {"true" if accepted < asked else "false"}, "block_number": null, '
            f'"mid_price": {dice.uniform(0.1, 4_000)!r}, "avg_price": null, "asked_quantity": null, '
            f'"asked_size": {asked!r}, "accepted_quantity": null, "accepted_size": {accepted!r}, '
            f'"diagnostics_data": {{"cap_pct": 0.2}}, "tvl": {self._tvls[place]!r}}}'
        )
        flags = [flag for flag in FLAGS if dice.random() < FLAG_SHARE]
        signal = repr(dice.random()) if selected else "0"
        weight = repr(1 / SELECTED_COUNT) if selected else "0.0"
        return self._entry(place, signal, weight, repr(accepted), old_pair, risk if selected else "null", flags)

    def _entry(
        self, place: int, signal: str, weight: str, target: str, old_pair: str, risk: str, flags: list[str]
    ) -> str:
        dice, pair = self._dice, self._texts[place]
        self._signal_id += 1
        adjust = dice.uniform(-3_000, 3_000)
        return (
            f'{{"pair": {pair}, "signal": {signal}, "signal_id": {self._signal_id}, "stop_loss": null, '
            f'"take_profit": null, "trailing_stop_loss": null, "raw_weight": {signal}, "normalised_weight": {weight}, '
            f'"old_weight": {dice.random()!r}, "old_value": {dice.uniform(0, 9_000)!r}, "old_pair": {old_pair}, '
            f'"position_target": {target}, "position_adjust_usd": {adjust!r}, '
            f'"position_adjust_quantity": {min(adjust / 37, 0.0)!r}, "position_id": null, '
            f'"position_adjust_ignored": {"true" if flags else "false"}, "profit_before_trades": 0, '
            f'"profit_before_trades_pct": 0, "synthetic_pair": {pair if risk != "null" else "null"}, '
            f'"carry_forward_position": false, "leverage": null, "position_size_risk": {risk}, '
            f'"trade_size_risk": null, "other_data": {{}}, "flags": {json.dumps(flags)}, '
            '"redemption_check_results": []}'
        )

    def _positions(self, cycle_count: int) -> dict[str, Any]:
        """One closed position a pair, with a trade in every tenth cycle or so."""
        positions: dict[str, Any] = {}
        for cycle in range(0, cycle_count, 10):
            pair = self._dice.choice(self._pairs)
            position_id = pair["internal_id"]
            position = positions.setdefault(str(position_id), {"position_id": position_id, "pair": pair, "trades": {}})
            opened_at = START + cycle * CYCLE_HOURS * HOUR
            position["trades"][str(cycle + 1)] = self._trade(cycle + 1, position_id, pair, opened_at)
        return {"open_positions": {}, "closed_positions": positions, "frozen_positions": {}}

    def _trade(self, trade_id: int, position_id: int, pair: dict[str, Any], opened_at: int) -> dict[str, Any]:
        quantity, price = self._dice.uniform(-5, 5), self._dice.uniform(1, 4_000)
        return {
            "trade_id": trade_id,
            "position_id": position_id,
            "trade_type": "rebalance",
            "pair": pair,
            "opened_at": opened_at,
            "planned_quantity": f"{quantity:.18f}",
            "planned_price": price * 1.001,
            "planned_mid_price": price,
            "started_at": opened_at + 7,
            "executed_at": opened_at + 12,
            "executed_quantity": f"{quantity * 0.999:.18f}",
            "executed_price": price * 1.0012,
            "lp_fees_paid": price * 0.003,
            "flags": ["increase" if quantity > 0 else "reduce"],
            "blockchain_transactions": [{"type": "vault", "chain_id": 1, "transaction_args": "80" * 700}],
        }

    def _curve(self, cycle_count: int) -> Iterator[dict[str, Any]]:
        """One point of the equity curve a cycle, with the summary that makes it large in real files."""
        equity = 100_000.0
        summary = {f"statistic_{number}": self._dice.random() for number in range(30)}
        for cycle in range(cycle_count):
            equity *= 1 + self._dice.gauss(0.0003, 0.01)
            yield {
                "calculated_at": START + cycle * CYCLE_HOURS * HOUR,
                "total_equity": equity,
                "free_cash": equity * 0.05,
                "summary": summary,
            }


def _pair(number: int, dice: random.Random) -> dict[str, Any]:
    """A pair with what a vault or a spot pair says of itself: 0.8 to 1.4 kB."""
    asset = {"chain_id": 1, "decimals": 18, "internal_id": None, "info_url": None, "underlying": None, "type": None}
    asset |= {"liquidation_threshold": None, "other_data": {}}
    is_vault = number % 3 == 0
    vault = {
        "vault_features": ["erc_4626"],
        "vault_protocol": "generated",
        "vault_name": f"Vault #{number} & sons alpha",
        "vault_performance_fee": 0.1,
        "deposit_closed_reason": None,
        "redemption_closed_reason": None,
        "risk_level": "Severe",
        "tvl": dice.uniform(1e4, 1e7),
        "volatility": dice.random(),
        "link": f"https://example.com/vault/{number}",
    }
    return {
        "base": asset | {"address": f"0x{dice.getrandbits(160):040x}", "token_symbol": f"T{number}"},
        "quote": asset | {"address": f"0x{0xA0B869:040x}", "token_symbol": "USDC", "decimals": 6},
        "pool_address": f"0x{dice.getrandbits(160):040x}",
        "exchange_address": None if is_vault else f"0x{dice.getrandbits(160):040x}",
        "internal_id": 275_000_000 + number if is_vault else number,
        "internal_exchange_id": 77,
        "info_url": f"https://example.com/pairs/t{number}-usdc",
        "fee": 0.003,
        "reverse_token_order": False,
        "kind": "vault" if is_vault else "spot_market_hold",
        "underlying_spot_pair": None,
        "exchange_name": "generated",
        "other_data": vault if is_vault else {},
    }


if __name__ == "__main__":
    _size, _path = sys.argv[1:]
    print(f"{make_state(Path(_path), float(_size))} cycles in {_path}")
