"""The HTML report of a run: one page with a row a notebook, and each as a page beside it."""

import html
import re
from pathlib import Path

from helpers.catalog import Entry
from helpers.files import REPOSITORY, relative, write_atomically
from helpers.lessons.run import Run

REPORTS = REPOSITORY / "reports"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal, in Python's tracebacks

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Greenhouse: run report</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1f2937 }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .8rem; border-bottom: 1px solid #e5e7eb }}
.passed {{ color: #047857 }} .failed {{ color: #b91c1c }}
pre {{ white-space: pre-wrap; background: #f9fafb; padding: 1rem }}
</style></head><body>
<h1>Greenhouse: run report</h1>
<p>{summary}</p>
<table><thead><tr><th>Notebook</th><th>Result</th><th>Time</th><th>Peak memory</th></tr></thead>
<tbody>{rows}</tbody></table>
{errors}
</body></html>
"""

CANNOT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>
<h1>{title}</h1><p>This notebook ran, and can't be shown as a page:</p><pre>{why}</pre>
</body></html>
"""


def write_report(runs: list[tuple[Entry, Run]], settings: str) -> Path:
    """Write ``reports/index.html`` and a page for each run; return the index.

    ``settings`` names dials and machine.
    """
    rows, errors = [], []
    for entry, run in runs:
        page = REPORTS / f"{entry.name}.html"
        _write(page, _page(entry, run))
        result = "failed" if run.error else "passed"
        rows.append(
            f'<tr><td><a href="{page.name}">{entry.label} · {html.escape(entry.title)}</a></td>'
            f'<td class="{result}">{result}</td><td>{run.seconds:.0f} s</td>'
            f"<td>{run.peak_memory_mb:,.0f} MB</td></tr>"
        )
        if run.error:
            errors.append(
                f"<h2>{entry.label} · {html.escape(relative(run.path))}</h2>"
                f"<pre>{html.escape(COLOUR.sub('', run.error))}</pre>"
            )
    passed = sum(run.error is None for _, run in runs)
    summary = f"{passed} of {len(runs)} notebooks passed. {html.escape(settings)}"
    index = REPORTS / "index.html"
    _write(index, PAGE.format(summary=summary, rows="\n".join(rows), errors="\n".join(errors)))
    return index


def _page(entry: Entry, run: Run) -> str:
    """Return the notebook as a page; where it can't be made into one, a page that says why."""
    try:
        from nbconvert import HTMLExporter

        resources = {"metadata": {"name": entry.title}}
        return HTMLExporter().from_notebook_node(run.notebook, resources)[0]
    except Exception as error:  # whatever a notebook holds, the other results are reported
        why = html.escape(f"{type(error).__name__}: {error}")
        return CANNOT.format(title=html.escape(entry.title), why=why)


def _write(path: Path, text: str) -> None:
    """Write a page; half a pair of surrogates, which UTF-8 can't hold, becomes "?"."""
    write_atomically(path, text.encode("utf-8", "replace"))
