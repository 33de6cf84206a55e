"""How is the setting of a step written down, so that the step can be replayed by name and value?"""

from __future__ import annotations

from typing import Any

from alpha_model.values import SizeRiskModel


def describe_model(model: SizeRiskModel | None) -> dict[str, Any] | None:
    """A size-risk model by its name and its plain settings; None for none."""
    if model is None:
        return None
    settings = {name: value for name, value in vars(model).items() if isinstance(value, (int, float, str, bool))}
    return {"name": type(model).__name__, **settings}
