"""What does a colleague need who has only a file? A post-mortem of a cycle or a window, in one page that opens offline.

Pure functions of a history: nothing here knows Streamlit, reads a clock or writes a file.
"""

from dashboard.report.cycle import cycle_report
from dashboard.report.making import Making, file_hash, tables_hash
from dashboard.report.window import window_report

__all__ = ["Making", "cycle_report", "file_hash", "tables_hash", "window_report"]
