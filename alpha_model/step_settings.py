"""How is the setting of a step written down, so that the step can be replayed by name and value?"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from alpha_model.size_risk import SizeRiskModel


def describe_function(function: Callable[..., Any]) -> Any:
    """A function by its name; one with settings bound to it as a dictionary of them."""
    if isinstance(function, functools.partial):
        return {"name": describe_function(function.func), **function.keywords}
    return getattr(function, "__name__", type(function).__name__)


def describe_model(model: SizeRiskModel | None) -> dict[str, Any] | None:
    """A size-risk model by its name and its plain settings; None for none."""
    if model is None:
        return None
    settings = {name: value for name, value in vars(model).items() if isinstance(value, (int, float, str, bool))}
    return {"name": type(model).__name__, **settings}
