"""What does a history consist of, and how does any value become a row of its tables?"""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
