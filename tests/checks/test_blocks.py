import pytest

from rlaif.checks.blocks import Block, block_or_all, blocks, last_block


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("no fence", None),
        ("a\n```json\n1\n```\nb\n```\n2\n3\n```", "2\n3"),
        ("~~~\n```\n1\n```\n~~~", "```\n1\n```"),
        ("````\n```\n````", "```"),
        ("```py\ncut off", "cut off"),
        ("```one``` line", None),
        ("```\r\n1\r\n```\r\n", "1"),
        ("```\n\u2028\n```", "\u2028"),
    ],
)
def test_the_last_fenced_block(text: str, block: str | None) -> None:
    assert last_block(text) == block


def test_without_a_fence_all_is_taken() -> None:
    assert block_or_all("x = 1") == "x = 1"


def test_every_block_has_the_language_that_it_is_marked_with() -> None:
    text = "```Python\n1\n```\n```\n2\n```\n~~~ js title='a'\n3\n~~~\n"
    text += "```{.c++}\n4\n```\n```py,ignore"
    assert blocks(text) == [
        Block("python", "1"),
        Block("", "2"),
        Block("js", "3"),
        Block("c++", "4"),
        Block("py", ""),
    ]


def test_a_block_inside_a_list_loses_the_indentation_of_its_fence() -> None:
    text = "1. So:\n   ```python\n   def f():\n       return 1\n\n  x\n   ```\n"
    assert last_block(text) == "def f():\n    return 1\n\nx"
