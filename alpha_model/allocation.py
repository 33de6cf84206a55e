"""Where did the modes of sharing out go? To `alpha_model.rules`; this module answers for one release."""

from __future__ import annotations

import warnings
from typing import Any

from alpha_model import rules

_MOVED = {"CAP_TOLERANCE", "Sharing", "SharingMode"}


def __getattr__(name: str) -> Any:
    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{__name__}.{name} is alpha_model.rules.{name} now", DeprecationWarning, stacklevel=2)
    return getattr(rules, name)
