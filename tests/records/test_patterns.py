import pytest

from rlaif.records.patterns import pattern_fault, well_formed


@pytest.mark.parametrize("pattern", [r"\d+", "(?i)yes", r"\pL+", "日本", "(?P<n>x)"])
def test_a_pattern_of_re2_is_sound(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(a)\1", r"references back to a group: '\1' at character 4"),
        ("x(?=y)", "look-ahead and look-behind: '(?=' at character 2"),
        ("(?<!x)y", "look-ahead and look-behind: '(?<!' at character 1"),
        ("a++", "atomic groups and possessive repeats: '++' at character 2"),
        ("x[z-a]", "not valid at character 3: invalid character class range: z-a"),
        ("a(b", "not valid: missing ): a(b"),
        ("a" * 10_001, "a pattern of 10001 characters is too long"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said_with_its_place(pattern: str, message: str) -> None:
    found = pattern_fault(pattern)
    assert found is not None
    assert message in found.message
    assert found.hint


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert well_formed("a\ud800é") == "a\ufffdé"
