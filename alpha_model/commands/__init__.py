"""The commands of `alpha-model`, one file each; `alpha_model.cli` finds them by their entry points."""

from alpha_model import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
