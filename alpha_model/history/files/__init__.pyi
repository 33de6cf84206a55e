from alpha_model.history.files.address import (
    is_doubtful,
    is_uri,
    is_web,
    local_path,
    name_of,
    short_name,
    shown,
    shown_uri,
    without_secrets,
)
from alpha_model.history.files.append_file import AppendFile
from alpha_model.history.files.disk import Disk, RealDisk
from alpha_model.history.files.opening import MappedFile, check_size, check_values, open_bytes, open_file
from alpha_model.history.files.place import Place
from alpha_model.history.files.spool import Progress, at_hand, spooled
from alpha_model.history.files.web import Patience, Web, pieces

__all__ = [
    "AppendFile",
    "Disk",
    "MappedFile",
    "Patience",
    "Place",
    "Progress",
    "RealDisk",
    "Web",
    "at_hand",
    "check_size",
    "check_values",
    "is_doubtful",
    "is_uri",
    "is_web",
    "local_path",
    "name_of",
    "open_bytes",
    "open_file",
    "pieces",
    "short_name",
    "shown",
    "shown_uri",
    "spooled",
    "without_secrets",
]
