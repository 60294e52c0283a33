"""What the judge cost, as a manifest keeps it over all jobs of a run."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from rlaif.records.identity import canonical, digest
from rlaif.storage.manifest import NAME, Manifest, Spent, read_manifest, write_manifest

ONE = Spent(asked=5, computed=100, priced=5, cost={"USD": 0.25})
OTHER = Spent(asked=3, recalled=2, priced=2, cost={"USD": 0.5, "EUR": 1.0})


def test_jobs_add_up_by_currency() -> None:
    both = ONE.plus(OTHER)
    assert both.cost == {"USD": 0.75, "EUR": 1.0}
    assert (both.asked, both.computed, both.recalled, both.priced) == (8, 100, 2, 7)


def test_what_has_come_since_is_the_difference() -> None:
    since = ONE.plus(OTHER).minus(ONE)
    assert since.cost == {"USD": pytest.approx(0.5), "EUR": 1.0}
    assert since.model_dump(exclude={"cost"}) == OTHER.model_dump(exclude={"cost"})


def test_the_cost_is_kept_with_the_run(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest(spent=OTHER))
    kept = read_manifest(tmp_path)
    assert kept is not None
    assert kept.spent == OTHER


def test_a_manifest_that_knows_no_cost_is_read(tmp_path: Path) -> None:
    stated = Manifest().model_dump(mode="json")
    stated["spent"] = {"asked": 7, "computed": 70, "cached": 0, "written": 0, "recalled": 1}
    content = {"checksum": digest(canonical(stated)), **stated}
    (tmp_path / NAME).write_bytes(orjson.dumps(content))
    kept = read_manifest(tmp_path)
    assert kept is not None
    assert kept.spent == Spent(asked=7, computed=70, recalled=1)
    assert kept.spent.plus(ONE).cost == {"USD": 0.25}
