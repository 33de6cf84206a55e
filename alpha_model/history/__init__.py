"""What did the strategy decide, cycle by cycle? Reading, recording and querying of histories."""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
