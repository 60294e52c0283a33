import pytest

from rlaif.checks.code_taken import taken

TWO = "First:\n```python\na = 1\n```\nthen\n```py\nb = 2\nc = 3\n```\nand\n```text\n9\n```\n"


@pytest.mark.parametrize(
    ("text", "options", "code", "how"),
    [
        (TWO, {}, "9", "the last of 3 fenced blocks, 1 line"),
        (TWO, {"code_from": "first_block"}, "a = 1", "the first of 3 fenced blocks, 1 line"),
        (
            TWO,
            {"language": "python"},
            "b = 2\nc = 3",
            "the last of 2 fenced blocks marked python, 2 lines",
        ),
        (TWO, {"language": "text"}, "9", "the only fenced block marked text, 1 line"),
        (TWO, {"code_from": "whole_text"}, TWO, "the whole text, 13 lines"),
        ("a = 1\n", {}, "a = 1\n", "the whole text, as there is no fenced block, 1 line"),
        ("```\na\n```", {}, "a", "the only fenced block, 1 line"),
        ("cut:\n```python\na = 1\nb", {}, "a = 1\nb", "the only fenced block, 2 lines"),
    ],
)
def test_code_and_how_it_was_taken(text: str, options: dict[str, str], code: str, how: str) -> None:
    assert taken(text, **options) == (code, how)  # type: ignore[arg-type]  # options as a mapping


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("", {}, "the whole text is empty"),
        (" \n\t", {"code_from": "whole_text"}, "the whole text is empty"),
        ("a\n```\n```\n", {}, "the only fenced block is empty"),
        ("```\na\n```\n```\n\n```", {}, "the last of 2 fenced blocks is empty"),
        ("a = 1", {"language": "python"}, "no fenced block marked python"),
        (
            "```js\n1\n```\n```\n2\n```",
            {"language": "python"},
            "no fenced block marked python (2 fenced blocks of another language or none)",
        ),
    ],
)
def test_where_there_is_no_code_the_reason_is_said(
    text: str, options: dict[str, str], why: str
) -> None:
    assert taken(text, **options) == (None, why)  # type: ignore[arg-type]  # options as a mapping


@pytest.mark.parametrize(
    ("marked", "language", "found"),
    [
        ("py", "python", True),
        ("python3", "Python", True),
        ("node", "javascript", True),
        ("js", "node", True),
        ("cpp", "c++", True),
        ("C++", "cpp", True),
        ("c", "c++", False),
        ("java", "javascript", False),
        ("", "python", False),
        ("python", "py", True),
        ("fortran", "fortran", True),
        ("fortran", "Fortran ", True),
    ],
)
def test_a_language_is_known_by_its_usual_names(marked: str, language: str, found: bool) -> None:
    code, _ = taken(f"```{marked}\nx\n```", language=language)
    assert (code == "x") is found
