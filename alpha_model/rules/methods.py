"""What raw weight does a signal get, and under which name is that written down?

Each method is a function over (batch × pairs): strengths, and which of them take part; the others get 0. A strategy's
own method is a function of `{pair_id: signal}`; `register` makes it known by its name, so that what it has recorded can
be replayed.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np

from alpha_model.rules.arrays import Numbers, Places, Truths
from alpha_model.rules.compat import OURS, Compat
from alpha_model.rules.weigh import normalise
from alpha_model.values import ArgumentError, WeightError

ArrayMethod: TypeAlias = Callable[..., Numbers]
"""(strengths, which take part, **parameters) -> raw weights."""

OwnMethod: TypeAlias = Callable[..., Mapping[int, float]]
"""({pair_id: signed signal}, **parameters) -> {pair_id: raw weight}."""

_Own = TypeVar("_Own", bound=OwnMethod)


def by_rank(strength: Numbers, there: Truths) -> Numbers:
    """The strongest 1, the next 1/2 …; ties in the order of the columns."""
    return _one_over_rank(np.where(there, -strength, np.inf), there)


def by_rank_ascending(strength: Numbers, there: Truths) -> Numbers:
    """The weakest 1, the next 1/2, and so on; ties in the order of the columns."""
    return _one_over_rank(np.where(there, strength, np.inf), there)


def _one_over_rank(keys: Numbers, there: Truths) -> Numbers:
    places: Places = np.argsort(keys, kind="stable")
    weights = np.empty_like(keys)
    weights[np.arange(len(keys))[:, None], places] = 1 / np.arange(1.0, keys.shape[1] + 1)
    return np.where(there, weights, 0.0)


def one_over_strength(strength: Numbers, there: Truths) -> Numbers:
    """1/strength."""
    if (there & (strength == 0)).any():
        raise WeightError(
            "weight_by_1_slash_signal needs signals other than 0. Leave the pairs without one out, "
            "or use another method."
        )
    with np.errstate(over="ignore"):  # a strength of 1e-310 is infinitely weighed, which is refused as no weight
        return np.where(there, 1 / np.where(there, strength, 1.0), 0.0)


def equal(strength: Numbers, there: Truths) -> Numbers:
    """1 for each."""
    del strength
    return there.astype(np.float64)


def as_it_is(strength: Numbers, there: Truths) -> Numbers:
    """The strength itself."""
    return np.where(there, strength, 0.0)


def logarithm(strength: Numbers, there: Truths) -> Numbers:
    """ln(1 + strength)."""
    return np.where(there, np.log1p(strength), 0.0)


def softmax(strength: Numbers, there: Truths, temperature: float = 2.0) -> Numbers:
    """exp(strength / temperature), as shares of the sum."""
    if not temperature > 0:
        raise WeightError(f"softmax needs a temperature above 0, got {temperature}.", temperature=temperature)
    strongest = np.where(there, strength, 0.0).max(axis=1, keepdims=True, initial=0.0)
    with np.errstate(over="ignore"):  # far below the strongest, exp is 0 at any temperature
        grown = np.exp((np.where(there, strength, 0.0) - strongest) / temperature)
    return normalise(np.where(there, grown, 0.0))


def blend(strength: Numbers, there: Truths, blend_alpha: float = 0.5) -> Numbers:
    """blend_alpha / N + (1 − blend_alpha) · strength / Σ strengths."""
    if not 0 <= blend_alpha <= 1:
        raise WeightError(f"blend_alpha must be between 0 and 1, got {blend_alpha}.", blend_alpha=blend_alpha)
    return blended(normalise(equal(strength, there)), normalise(as_it_is(strength, there)), blend_alpha)


def blended(equal_share: Numbers, own_share: Numbers, blend_alpha: float) -> Numbers:
    """Between a share that all have alike and one of its own."""
    shares: Numbers = blend_alpha * equal_share + (1 - blend_alpha) * own_share
    return shares


BUILT_IN: dict[str, ArrayMethod] = {
    "weight_by_1_slash_n": by_rank,
    "weight_by_1_slash_n_ascending": by_rank_ascending,
    "weight_by_1_slash_signal": one_over_strength,
    "weight_equal": equal,
    "weight_passthrough": as_it_is,
    "weight_by_log": logarithm,
    "weight_by_softmax": softmax,
    "weight_by_blend": blend,
}
"""The library's own methods by the name that is recorded."""

_OTHER_SPELLINGS = {"weight_passthrouh": "weight_passthrough"}
_OWN: dict[str, OwnMethod] = {}


@dataclass(frozen=True, slots=True)
class Method:
    """A weighting method as it is recorded.

    Args:
        name: Of the function; `<lambda>` for a function without one.
        parameters: What was bound to it.
        source: Hash of its source, for a strategy's own function; None for the library's.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Method:
        """What is to be recorded of a function, with the settings that `functools.partial` bound to it."""
        if isinstance(function, functools.partial):
            inner = cls.of(function.func)
            return cls(inner.name, {**inner.parameters, **function.keywords}, inner.source)
        name = getattr(function, "__name__", type(function).__name__)
        ours = getattr(function, "__module__", None) == "alpha_model.weighting" and built_in(name) is not None
        return cls(name, source=None if ours else source_hash(function))

    @classmethod
    def read(cls, recorded: Any) -> Method | None:
        """A method from its record: a name, or an object with one; None where that says nothing."""
        found = recorded if isinstance(recorded, dict) else {"name": recorded}
        name, source = found.get("name"), found.get("source")
        if not isinstance(name, str):
            return None
        rest = {key: value for key, value in found.items() if key not in {"name", "source"}}
        return cls(name, rest, source if isinstance(source, str) else None)

    def written(self) -> str | dict[str, Any]:
        """The record: the name alone where that is all, else an object."""
        source = {} if self.source is None else {"source": self.source}
        return {"name": self.name, **source, **self.parameters} if source or self.parameters else self.name

    @classmethod
    def called(cls, name: str, parameter: float | None = None) -> Method:
        """A method of the library with its one parameter, where it has one and that is known."""
        own = _parameter(name)
        known = own is not None and parameter is not None and not math.isnan(parameter)
        return cls(name, {own[0]: parameter} if known and own is not None else {})

    @property
    def parameter(self) -> float | None:
        """The one number that a method of the library is called with, bound or by default; None without one."""
        own = _parameter(self.name)
        bound = self.parameters.get(own[0], own[1]) if own is not None else None
        return float(bound) if isinstance(bound, (int, float)) and not isinstance(bound, bool) else None

    @property
    def replayable(self) -> bool:
        """Can the same weights be made again: is it the library's, or registered from the same source?"""
        own = _OWN.get(self.name)
        if self.source is None:
            return built_in(self.name) is not None
        return own is not None and source_hash(own) == self.source

    def weigh(self, signals: Numbers, there: Truths, compat: Compat = OURS) -> Numbers:
        """Raw weights of (batch × pairs) signals; 0 for those that take no part.

        Raises:
            ArgumentError: The method is not known, or not from the recorded source.
        """
        ours = None if self.source else built_in(self.name)
        if ours is not None:
            rule = by_rank_ascending if compat.ascending_rank and ours is by_rank else ours
            return rule(np.abs(signals), there, **self.parameters)
        if not self.replayable:
            raise ArgumentError(
                f"the weighting method {self.name!r} cannot be run again: no function of this name and source is "
                "registered. Decorate it with alpha_model.rules.register.",
                method=self.name,
            )
        weights = np.zeros_like(signals)
        for row, present in enumerate(there):
            places = np.flatnonzero(present)
            raw = _OWN[self.name](
                dict(zip(places.tolist(), signals[row, places].tolist(), strict=True)), **self.parameters
            )
            weights[row, places] = [raw[place] for place in places.tolist()]
        return weights


def register(function: _Own) -> _Own:
    """Make a strategy's own weighting method known by its name; can be used as a decorator.

    Raises:
        ArgumentError: It has no name of its own, or that of another method.
    """
    name = getattr(function, "__name__", "<lambda>")
    if not name.isidentifier():
        raise ArgumentError(f"a weighting method needs a name, got {name}. Define it with def.", method=name)
    if built_in(name) is not None:
        raise ArgumentError(f"{name} is a method of the library. Give yours another name.", method=name)
    _OWN[name] = function
    return function


def source_hash(function: Callable[..., Any]) -> str | None:
    """A short hash of a function's source; of its compiled code where there is no source."""
    inner = inspect.unwrap(function)
    try:
        text = inspect.getsource(inner).encode()
    except (OSError, TypeError):
        code = getattr(inner, "__code__", None)
        text = b"" if code is None else code.co_code + repr(code.co_consts).encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


@functools.cache
def _parameter(name: str) -> tuple[str, float] | None:
    """Name and default of the parameter of a method of the library; None where it has none."""
    method = built_in(name)
    found = list(inspect.signature(method).parameters.values())[2:] if method is not None else []
    return (found[0].name, found[0].default) if found else None


def built_in(name: str) -> ArrayMethod | None:
    """The library's own method of that name, in any spelling; None where there is none."""
    return BUILT_IN.get(_OTHER_SPELLINGS.get(name, name))
