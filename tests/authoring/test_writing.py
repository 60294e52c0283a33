from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rlaif.authoring.document import parse_document
from rlaif.authoring.formatting import settled
from rlaif.authoring.importers.wording import clean
from rlaif.authoring.nodes import data
from rlaif.authoring.rubric_file import load_rubric, read_rubric
from rlaif.authoring.shipped import find_rubric
from rlaif.authoring.writing import rubric_text
from rlaif.records.rubric import Rubric

_TEXT = st.one_of(
    st.text(max_size=40).map(clean),
    st.text(alphabet=" :#'\"-?!|>&*%@`~\n\tab,{}[]", max_size=300).map(clean),
    st.lists(
        st.sampled_from(["word", "yes", "null", "1.0", ": ", " #", "  ", "é", "😀"]), max_size=80
    ).map(" ".join),
)


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_text(part) for key, part in value.items()}
    return [_as_text(part) for part in value] if isinstance(value, list) else str(value)


@given(_TEXT, _TEXT, _TEXT)
def test_every_text_is_read_back_as_it_was_and_laid_out_already(
    about: str, ask: str, level: str
) -> None:
    written = {
        "rubric": "r",
        "about": about,
        "criteria": [
            {"id": "a", "ask": ask, "levels": ["low", {"high": level}]},
            {"section": "s", "criteria": [{"id": "b", "ask": ask, "guidance": about}]},
        ],
    }
    text = rubric_text(written)
    assert settled(text) == text
    document = parse_document(text, "r.yaml")
    assert document.root is not None, document.problems
    assert not document.problems
    assert _as_text(data(document.root)) == written


def test_keys_stand_in_the_order_of_fmt() -> None:
    text = rubric_text(
        {
            "criteria": [{"weight": 2.0, "gate": True, "ask": "Is it so?", "id": "a"}],
            "title": "T",
            "version": "1.0.0",
            "rubric": "r",
        }
    )
    assert text == (
        "rubric: r\nversion: 1.0.0\ntitle: T\n\ncriteria:\n"
        "  - id: a\n    ask: Is it so?\n    weight: 2\n    gate: true\n"
    )


def test_a_long_text_is_folded_and_stays_within_the_page() -> None:
    text = rubric_text({"rubric": "r", "about": "many words " * 40 + "end"})
    assert "about: >-" in text
    assert max(map(len, text.splitlines())) <= 100


def test_equal_parts_become_no_anchors() -> None:
    shared = {"id": "a", "ask": "Is it so?"}
    assert "&" not in rubric_text({"criteria": [shared, shared]})


def test_a_shipped_rubric_is_the_same_rubric_when_written_again() -> None:
    for name in ("safe-health-advice", "worked-math-solution"):
        rubric = load_rubric(name)
        read = read_rubric(find_rubric(name), rubric_text(rubric.as_written()))
        assert read.problems == ()
        assert read.rubric == rubric


_LINES = st.lists(_TEXT | st.sampled_from(["", "  x", "a:", "\r"]), max_size=4).map("\n".join)
_PLAIN = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | _TEXT | _LINES
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["5.", ".5e5", "1e3", "0o7", "1_0", "~", "Null", "True", ".inf"])
)  # fmt: skip
_FREE = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries((_TEXT | st.text(alphabet="ab: -?", max_size=200)).filter(str.strip), inner,
                      max_size=3),
    max_leaves=8,
)  # fmt: skip


def _rubric(check: dict[str, Any]) -> Rubric:
    criteria = [{"id": "a"} | check]
    return Rubric.model_validate(
        {"rubric": "r", "version": "1.0.0", "title": "t", "criteria": criteria}
    )


@given(_FREE, st.lists(_FREE, max_size=3), _LINES)
def test_the_values_of_a_case_are_read_back_with_their_types(
    value: Any, arguments: list[Any], code: str
) -> None:
    case = {"arguments": arguments, "returns": value, "arguments_after": arguments}
    comment = "".join(f"# {line}\n" for line in code.splitlines())
    hidden = {
        "count": 3,
        "arguments": [{"value": value}, {"one_of": [value]}],
        "reference": f"{comment}solve = max",
    }
    given = {"check": "python_function", "function": "solve", "cases": [case], "hidden": hidden}
    rubric = _rubric(given)
    text = rubric_text(rubric.as_written())
    read = read_rubric("r.yaml", text)
    assert read.problems == ()
    assert read.rubric == rubric
    assert read.rubric is not None
    assert read.rubric.content_hash == rubric.content_hash


@given(_LINES, _LINES, st.sampled_from([0, 3, None]))
def test_the_texts_of_a_run_are_read_back_to_the_last_line_break(
    stdin: str, stdout: str, exit_code: int | None
) -> None:
    case = {"stdin": stdin, "stdout": stdout, "exit_code": exit_code, "files": {"a/b": stdin}}
    rubric = _rubric({"check": "program", "language": "c", "cases": [case]})
    read = read_rubric("r.yaml", rubric_text(rubric.as_written()))
    assert read.problems == ()
    assert read.rubric == rubric


def test_a_text_of_several_lines_stands_as_they_do() -> None:
    text = rubric_text({"rubric": "r", "criteria": [{"id": "a", "tests": "def f():\n    pass\n"}]})
    assert text.endswith("    tests: |\n      def f():\n          pass\n")
