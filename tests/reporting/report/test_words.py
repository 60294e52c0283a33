"""Names, dates and sizes as a report writes them."""

import duckdb
import pytest

from rlaif.reporting.report.words import middle_cut, moment, named, strength
from rlaif.storage.report_base import correlated
from rlaif.storage.report_paired import paired


def test_long_names_that_differ_at_their_ends_stay_apart() -> None:
    one, other = (named("policy/" * 30 + end) for end in ("step-100", "step-200"))
    assert one != other
    assert len(one) == 120
    assert middle_cut("abcdefghij", 5) == "abc…j"


def test_a_moment_is_written_as_people_write_it() -> None:
    assert moment("2026-11-23T05:43:10+00:00") == "23 November 2026, 05:43 UTC"
    assert moment("2026-11-23T07:43:10+02:00") == "23 November 2026, 05:43 UTC"
    assert moment("some day") == "some day"


def test_no_size_is_said_of_a_correlation_whose_interval_holds_none() -> None:
    assert "weak" not in strength(0.2, (-0.1, 0.5))
    assert strength(0.2, (0.1, 0.3)) == "a weak connection, rising"
    assert strength(0.9, None) == "too few prompts to tell"


def test_what_varies_by_rounding_alone_has_no_correlation() -> None:
    values = "(VALUES (0.1, 0.3), (0.2, 0.3 + 1e-16), (0.3, 0.3), (0.4, 0.3 + 2e-16)) t(a, b)"
    query = f"SELECT {correlated('a::DOUBLE', 'b::DOUBLE')} FROM {values}"  # noqa: S608 - constants
    assert duckdb.connect().execute(query).fetchone() == (None,)
    query = f"SELECT {correlated('a::DOUBLE', 'a::DOUBLE')} FROM {values}"  # noqa: S608 - constants
    ((found,),) = duckdb.connect().execute(query).fetchall()
    assert found == pytest.approx(1)


def test_a_score_that_only_rounding_keeps_from_the_threshold_passes() -> None:
    connection = duckdb.connect()
    connection.execute("""CREATE TABLE matched AS SELECT 0 here, 0 there, true alike;
      CREATE TABLE both_scored AS
      SELECT 1 cluster, 0.4999999999999999::DOUBLE here, 0.5::DOUBLE there""")
    found = paired(connection, 0.5)
    assert (found.passed_both, found.passed_there) == (1, 0)
