"""A calibration put into a judge file: all else stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.authoring.calibrated_judge import judge_text, next_version, with_calibration
from rlaif.authoring.judge_file import read_judge
from rlaif.authoring.shipped import shipped_judges
from rlaif.errors import FileProblems
from rlaif.records.calibration import Calibration

MAPS = Calibration.model_validate(
    {
        "criteria": {
            "a": {"method": "platt", "slope": 2, "intercept": -1e-05, "question": "1234"},
            "on": {
                "method": "isotonic",
                "points": [[n / 100, n / 100] for n in range(60)],
                "question": "0x12",
                "costs": {"false_yes": 5},
            },
        },
        "others": {"method": "none", "yes_from": 0.7},
    }
)
OTHER = Calibration.model_validate({"others": {"method": "temperature", "temperature": 2}})
HEAD = "judge: j\nversion: 1.2.3\nbackend: scripted\n"


def put(text: str, maps: Calibration = MAPS) -> str:
    return with_calibration(Path("j.yaml"), text, maps)


def test_the_next_version_says_that_scores_change() -> None:
    assert [next_version(v) for v in ("1.2.3", "1.0", "2", "10.9.8")] == [
        "1.3.0", "1.1", "2.1", "10.10.0",
    ]  # fmt: skip


@pytest.mark.parametrize("path", shipped_judges().values(), ids=lambda path: path.stem)
def test_every_shipped_judge_takes_one_and_keeps_its_comments(path: Path) -> None:
    text = path.read_text()
    made = with_calibration(path, text, MAPS)
    before = [line for line in text.splitlines() if not line.startswith("version:")]
    assert [line for line in before if line not in made.splitlines()] == []
    read = read_judge(path, made)
    assert read.judge is not None
    assert read.judge.spec.calibration == MAPS


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD.rstrip("\n"),
        HEAD + "\n\n",
        HEAD.replace("\n", "\r\n"),
        HEAD + "# the end\n",
        "{judge: j, version: 1.2.3, backend: scripted}\n",
        HEAD.replace("1.2.3", "'1.2.3'   # first"),
        "# top\n" + HEAD,
    ],
)
def test_it_is_read_back_and_a_second_one_takes_its_place(text: str) -> None:
    made = put(text)
    again = put(made, OTHER)
    for one, maps, version in ((made, MAPS, "1.3.0"), (again, OTHER, "1.4.0")):
        read = read_judge("j.yaml", one)
        assert read.judge is not None, read.problems
        assert (read.judge.spec.calibration, read.judge.spec.version) == (maps, version)
        assert one.count("#") == text.count("#")
        assert one.count("calibration:") == 1
        assert one.count("\r") == (one.count("\n") if "\r" in text else 0)


def test_what_stands_below_an_earlier_one_stays_below() -> None:
    below = "# of the model\ntemplate: default.jinja2  # ours\n"
    first = HEAD + "calibration:\n  others: {method: none}\n\n" + below
    made = put(first)
    assert made.endswith("\n\n" + below)
    assert made.startswith(HEAD.replace("1.2.3", "1.3.0") + "calibration:\n  criteria:\n")


def test_no_line_of_points_is_longer_than_a_screen() -> None:
    assert max(map(len, put(HEAD).splitlines())) <= 100


def test_a_judge_without_a_file_is_written_whole() -> None:
    spec = read_judge("j.yaml", put(HEAD)).judge
    assert spec is not None
    again = read_judge("j.yaml", judge_text(spec.spec)).judge
    assert again is not None
    assert again.spec == spec.spec


def test_faults_of_a_calibration_are_told_at_their_place() -> None:
    text = HEAD + (
        "calibration:\n"
        "  criteria:\n"
        "    a:\n"
        "      method: plat\n"
        "      question: x\n"
        "    b:\n"
        "      method: isotonic\n"
        "      points: [[0.1, 0.5], [0.2, 0.4]]\n"
        "      questoin: x\n"
        "  other: {method: none}\n"
    )
    said = "\n".join(map(str, read_judge("j.yaml", text).problems))
    assert "j.yaml:7:15: " in said
    assert "unknown key 'questoin'\n  hint: did you mean 'question'?" in said
    assert "j.yaml:13:3: unknown key 'other'\n  hint: did you mean 'others'?" in said
    with pytest.raises(FileProblems):
        put(text)
    falls = HEAD + "calibration:\n  others: {method: isotonic, points: [[0.1, 0.5], [0.2, 0.4]]}\n"
    assert [str(problem) for problem in read_judge("j.yaml", falls).problems] == [
        "j.yaml:5:51: what they mean falls\n  hint: a map never turns back"
    ]
