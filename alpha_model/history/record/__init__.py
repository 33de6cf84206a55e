"""How is every cycle kept, the moment it is decided, and read again?"""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
