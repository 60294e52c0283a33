import pytest

from rlaif.checks.blocks import block_or_all, last_block


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
