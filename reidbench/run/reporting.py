"""The page of a run, written at its end. It must never fail the run."""

from __future__ import annotations

from ..report.write import PAGE, write
from ..tools.guarded import first_line
from .context import Context
from .finished import Sections, read_finished
from .store import MANIFEST


def write_report(context: Context, sections: Sections) -> None:
    """Write `report.html` of a run whose result is there, unless the figures are older than the
    page; `sections` are those of plugins. What goes wrong is a line of the run."""
    page = context.run_dir / PAGE
    try:
        scored = context.run_dir / "evaluate" / MANIFEST
        if page.is_file() and page.stat().st_mtime > scored.stat().st_mtime:
            context.reporter.event("report", "present, skipped")
            return
        built = write(page, [read_finished(context.run_dir, "A", context.host, sections)])
        size = page.stat().st_size / 1e6
        context.reporter.line("report", f"{page} ({size:.1f} MB)")
        for line in built.report["missing"]:
            context.reporter.event("report", "missing", what=line)
    except Exception as error:
        # A plugin's section, a damaged picture, a full disk: the result is there all the same.
        context.reporter.line("report", f"{PAGE} is not written: {first_line(error)}")
