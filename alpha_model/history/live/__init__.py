"""What does a source say now that is still being written?"""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
