"""Which unit does a number carry?

Aliases for signatures: they change nothing at run time and let a reader see the unit where the name cannot say it.
"""

from typing import TypeAlias

PairId: TypeAlias = int
"""A pair's internal id; negative for a pair that came without one."""

Usd: TypeAlias = float
"""US dollars, an estimate."""

Weight: TypeAlias = float
"""Share of equity or of the invested part, 0...1 unless said otherwise."""

UsdPrice: TypeAlias = float
"""US dollars per unit of the base asset."""
