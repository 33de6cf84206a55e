"""With which settings was each cycle decided?"""

from alpha_model.analysis.settings.fit import FIT_TOLERANCE, fit_methods
from alpha_model.analysis.settings.settings import Settings, cycle_settings, exactly, settings_frame_of, settings_of
from alpha_model.analysis.settings.sharing import Queue, asked_of_markets
from alpha_model.analysis.settings.would_have import share_if_selected

__all__ = [
    "FIT_TOLERANCE",
    "Queue",
    "Settings",
    "asked_of_markets",
    "cycle_settings",
    "exactly",
    "fit_methods",
    "settings_frame_of",
    "settings_of",
    "share_if_selected",
]
