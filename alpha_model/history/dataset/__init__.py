"""How do records become a Parquet dataset, and what does it say?"""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
