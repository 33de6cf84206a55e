"""From which data was a report made, how, and when?"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyarrow as pa

from alpha_model.history import History
from alpha_model.history.tables import SCHEMAS


@dataclass(frozen=True, slots=True)
class Making:
    """How a report comes about.

    Args:
        how: The command, or what was pressed.
        at: When.
        file_sha256: Of the source's bytes, in hexadecimal; None where it is not one file at hand.
    """

    how: str
    at: pd.Timestamp
    file_sha256: str | None = None


def facts(history: History, shown: History, making: Making) -> list[tuple[str, str]]:
    """What the end of a report says about itself: labels and values, which are strangers' words in part.

    Args:
        history: What was opened.
        shown: The cycles whose numbers the report contains.
        making: How it is made.
    """
    source = history.source
    rows = [
        ("Source", source.name),
        ("Kind", source.kind),
        ("Strategy", source.strategy),
        ("SHA-256 of the file", making.file_sha256),
        ("SHA-256 of the cycles shown", tables_hash(shown)),
        ("Cycles shown", f"{len(shown):,} of {len(history):,}"),
        ("Made with", f"alpha-model {version('alpha-model')}"),
        ("Made by", making.how),
        ("Made at", f"{making.at.tz_convert('UTC'):%Y-%m-%d %H:%M:%S} UTC"),
    ]
    return [(label, value) for label, value in rows if value]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes as `sha256sum` prints it."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def tables_hash(history: History) -> str:
    """SHA-256 over every table's values: the same records give the same hash, whatever file they came from."""
    digest = hashlib.sha256()
    for name in SCHEMAS:
        table = getattr(history.tables, name)
        plain = table.cast(pa.schema([field.remove_metadata() for field in table.schema]))
        whole = plain.take(pa.array(range(plain.num_rows), pa.int64())).combine_chunks()
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, whole.schema) as writer:
            writer.write_table(whole)
        digest.update(name.encode())
        digest.update(stream.getvalue())
    return digest.hexdigest()
