"""How are bytes fetched from where they lie, unpacked, and laid down whole?"""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
