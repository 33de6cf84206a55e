"""Which pair is this, and what does the source say of it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa
from msgspec import Raw

from alpha_model.history.tables import coerce
from alpha_model.history.tables.coerce import OddValueError
from alpha_model.history.tables.problems import Problems
from alpha_model.history.tables.rawjson import UNREADABLE, mended
from alpha_model.history.tables.schema import table_of
from alpha_model.values import PairId, surrogate_pair_id

Identity = Mapping[str, Any] | Raw | bytes
"""What a source says of a pair: as plain values, or as JSON."""


def spot_pair(pair: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pair that signals are keyed by: the spot pair under a short or leveraged one, else the pair itself."""
    under = pair.get("underlying_spot_pair")
    return under if isinstance(under, Mapping) else pair


def pair_id_of(pair: Mapping[str, Any]) -> PairId:
    """The pair's internal id, or, where it has none, a stable negative one made from its addresses.

    Raises:
        OddValueError: There is an id, and it is not a whole number.
    """
    found = coerce.whole(pair.get("internal_id"))
    if found is not None:
        return found
    base, quote = _asset(pair, "base"), _asset(pair, "quote")
    return surrogate_pair_id(
        _lenient(coerce.whole, base.get("chain_id")),
        _lenient(coerce.text, pair.get("pool_address")),
        _lenient(coerce.text, base.get("address")) or _lenient(coerce.text, base.get("token_symbol")),
        _lenient(coerce.text, quote.get("address")) or _lenient(coerce.text, quote.get("token_symbol")),
    )


class PairBook:
    """Every pair of a history, in the order of description; of each the identity that was seen last.

    A pair that is mentioned and never described has a row of its own all the same, after the others: what is known of
    it must not be shown as another's.
    """

    def __init__(self) -> None:
        self._identities: dict[PairId, Identity] = {}
        self._mentioned: dict[PairId, None] = {}
        self._made: tuple[pa.Table, Problems] | None = None

    def __contains__(self, pair_id: object) -> bool:
        return pair_id in self._identities

    def see(self, pairs: Mapping[PairId, Identity]) -> None:
        """Note what the source says of the pairs now."""
        self._identities.update(pairs)
        if pairs:
            self._made = None

    def mention(self, pair_ids: Iterable[PairId]) -> None:
        """Note that the source names these pairs, whether or not it describes them."""
        before = len(self._mentioned)
        self._mentioned.update(dict.fromkeys(pair_ids))
        if len(self._mentioned) > before:
            self._made = None

    def table(self, problems: Problems) -> pa.Table:
        """The `pairs` table; an identity that cannot be read is reported and leaves its columns null."""
        if self._made is None:
            noted = Problems()
            self._made = self._table(noted), noted
        table, noted = self._made
        problems.extend(noted)
        return table

    def _table(self, problems: Problems) -> pa.Table:
        rows = [_row(pair_id, identity, problems) for pair_id, identity in self._identities.items()]
        rows += [_undescribed(pair_id, problems) for pair_id in self._mentioned if pair_id not in self._identities]
        names = ("pair_id", "ticker", "name", "base", "quote", "kind", "chain_id", "exchange")
        addresses = ("pool_address", "base_address", "quote_address")
        columns = {name: [row[name] for row in rows] for name in (*names, *addresses, "identity")}
        return table_of("pairs", columns)


def _undescribed(pair_id: PairId, problems: Problems) -> dict[str, Any]:
    message = "the source names the pair and nowhere describes it; it is shown by its id"
    problems.add("odd", message, pair=str(pair_id), field="pair_id")
    return _row(pair_id, {}, problems)


def _row(pair_id: PairId, identity: Identity, problems: Problems) -> dict[str, Any]:
    def value(convert: Callable[[Any], Any], fields: Mapping[str, Any], name: str) -> Any:
        try:
            return convert(fields.get(name))
        except OddValueError as error:
            problems.add(error.kind, f"{error}; left out", pair=str(pair_id), field=f"pair.{name}")
            return None

    pair = _description(pair_id, identity, problems)
    base, quote = _asset(pair, "base"), _asset(pair, "quote")
    symbols = [value(coerce.text, asset, "token_symbol") for asset in (base, quote)]
    return {
        "pair_id": pair_id,
        "ticker": "-".join(symbol or "?" for symbol in symbols) if any(symbols) else f"pair {pair_id}",
        "name": value(coerce.text, _asset(pair, "other_data"), "vault_name"),
        "base": symbols[0],
        "quote": symbols[1],
        "kind": value(coerce.text, pair, "kind"),
        "chain_id": value(coerce.whole, base, "chain_id"),
        "exchange": value(coerce.text, pair, "exchange_name"),
        "pool_address": value(coerce.text, pair, "pool_address"),
        "base_address": value(coerce.text, base, "address"),
        "quote_address": value(coerce.text, quote, "address"),
        "identity": value(coerce.json_text, {"whole": pair}, "whole") or "{}",
    }


def _description(pair_id: PairId, identity: Identity, problems: Problems) -> dict[str, Any]:
    """What the source says of a pair, as plain values; nothing where that cannot be read."""
    pair, note = read_identity(identity)
    if note is not None:
        problems.add("patched", f"the pair's description has {note}", pair=str(pair_id), field="pair")
    if pair is None:
        message = "the pair's description cannot be read; its names are left out"
        problems.add("odd", message, pair=str(pair_id), field="pair")
        return {}
    stated = pair.get("internal_id")
    if stated is not None and stated != pair_id:
        message = (
            f"the pair is recorded under {pair_id}, and its own internal_id is {coerce.shown(stated)}; kept the former"
        )
        problems.add("odd", message, pair=str(pair_id), field="internal_id")
    return pair


def read_identity(identity: Identity) -> tuple[dict[str, Any] | None, str | None]:
    """A pair's description as plain values, None when it is not an object; and what of its text was mended."""
    if isinstance(identity, Mapping):
        return dict(identity), None
    try:
        found, note = mended(identity)
    except UNREADABLE:
        return None, None
    return (found if isinstance(found, dict) else None), note


def _asset(pair: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = pair.get(name)
    return found if isinstance(found, Mapping) else {}


def _lenient(convert: Any, value: Any) -> Any:
    """The value, or None where it is not of its kind: the full identity keeps what was there."""
    try:
        return convert(value)
    except OddValueError:
        return None
