"""What compacting did to a run, as people read it."""

from __future__ import annotations

from rlaif.records.run_facts import Compacted
from rlaif.reporting.inventory import size_text
from rlaif.reporting.text import count_of


def compacted_text(done: Compacted) -> str:
    """A few lines; in the conditional where nothing was done yet."""
    if not done.changes:
        whole = f"{count_of(done.parts_after, 'part')}, {size_text(done.bytes_before)}"
        return f"nothing to do: {whole}"
    would = done.bytes_after is None
    lines = [_parts(done)]
    if dropped := done.rows_before - done.rows_after:
        goes = "would go" if would else "went"
        lines.append(f"{count_of(dropped, 'row')} of {done.rows_before:,} {goes}")
    removed = [
        count_of(number, name)
        for number, name in ((done.generations, "earlier input"), (done.texts, "unused text"))
        if number
    ]
    if removed:
        lines.append(f"{' and '.join(removed)} {'would be removed' if would else 'removed'}")
    return "\n".join(lines)


def _parts(done: Compacted) -> str:
    before = f"{count_of(done.parts_before, 'part')}, {size_text(done.bytes_before)}"
    if done.bytes_after is None:
        return f"now {before}; it would be about {count_of(done.parts_after, 'part')}"
    after = f"{count_of(done.parts_after, 'part')}, {size_text(done.bytes_after)}"
    return f"before: {before}; now: {after}"
