from alpha_model.history.live.background import Background
from alpha_model.history.live.file import LiveHistory
from alpha_model.history.live.follow import Folder, Follower, FollowEvent, LiveSource
from alpha_model.history.live.freshness import Freshness, freshness_of, utc_now
from alpha_model.history.live.remote import RemoteHistory

__all__ = [
    "Background",
    "Folder",
    "FollowEvent",
    "Follower",
    "Freshness",
    "LiveHistory",
    "LiveSource",
    "RemoteHistory",
    "freshness_of",
    "utc_now",
]
