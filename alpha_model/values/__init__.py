"""What is the model made of? Pairs, signals, positions, trades and their prices, units, reasons and errors."""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
