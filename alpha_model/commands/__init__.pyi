from alpha_model.commands.output import plain_text
from alpha_model.commands.sources import HistorySource, LocalPath, one_cycle, opened, source_argument

__all__ = ["HistorySource", "LocalPath", "one_cycle", "opened", "plain_text", "source_argument"]
