"""Portfolio construction that explains itself.

One `AlphaModel` per strategy cycle leads from signals to trades; what it leaves behind is data that can be recorded,
queried and explained. `__init__.pyi` lists the names; each is imported when it is first used.
"""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
