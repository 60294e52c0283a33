from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.checks.numerals import last_number


def value(text: str) -> Fraction | None:
    found = last_number(text)
    assert found is not None, text
    return found.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs $1,000", "1000"),
        ("1,00,000 rupees", "100000"),
        ("12,345,678.90", "12345678.9"),
        ("1{,}000", "1000"),
        ("1\u202f000", "1000"),
        ("1.000,5", "5"),
        ("(1,2,3)", "3"),
        ("5%", "5"),
        ("1/2", "1/2"),
        ("1 1/2", "3/2"),
        ("1\u00bd", "3/2"),
        (r"\frac{1}{2}", "1/2"),
        (r"\dfrac{-3}{4}", "-3/4"),
        (r"1\frac12", "3/2"),
        ("\u22125", "-5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("x = -1 1/2", "-3/2"),
        ("+5", "5"),
        (".5", "1/2"),
        ("No.5", "5"),
        ("Rs.500", "500"),
        ("the answer is 18.", "18"),
        ("18kg", "18"),
        ("USD18", "18"),
        ("1e3", "1000"),
        (r"3 \times 10^5", "300000"),
        ("2^10", "1024"),
        ("**18**", "18"),
        ("__18__", "18"),
        (r"\boxed{18}", "18"),
        ("#### 18", "18"),
        ("A: 18", "18"),
        ("13 <<16-3=99>>", "13"),
        ("5-7", "7"),
        ("10\u201320", "20"),
        ("x-3", "3"),
        ("2024-01-05", "5"),
        ("01/05/2024", "2024"),
        ("10:30", "30"),
        ("May 5, 2024", "2024"),
        ("答案是18", "18"),
        ("１８", "18"),
        ("25 m^2", "25"),
        ("25 m²", "25"),
        ("5 g of H2O", "5"),
        ("5 is x_1", "5"),
    ],
)
def test_the_last_number_is_read_as_a_person_reads_it(text: str, expected: str) -> None:
    assert value(text) == Fraction(expected)


@pytest.mark.parametrize("text", ["", "none", "x_1", "H2O", "<<16-3=13>>", "eighteen", "∞"])
def test_a_text_can_be_without_a_number(text: str) -> None:
    assert last_number(text) is None


@pytest.mark.parametrize("text", ["1e999999999", "9" * 5000, "1/0", "9^9999", "0^-1", "10^-99999"])
def test_what_cannot_be_compared_has_no_value(text: str) -> None:
    assert value(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from("e,"))
def test_a_number_written_out_is_read_exactly(number: object, style: str) -> None:
    written = f"{number:,f}" if style == "," else f"{number:f}"
    assert value(f"so it is {written}.") == Fraction(str(number))


@given(st.fractions(min_value=0, max_denominator=999))
def test_a_fraction_written_out_is_read_exactly(number: Fraction) -> None:
    assert value(f"= {number.numerator}/{number.denominator} of it") == number


@given(
    st.text(alphabet=st.sampled_from("0123456789.,/ -+eE^*x{}\\frac$%<>_(½٣²\u202f"), max_size=60)
)
def test_reading_never_raises(text: str) -> None:
    last_number(text)


@pytest.mark.parametrize("unit", ["1,11", "1", "1 ", "<<", "1/", ".5", "1e", "\\frac{", "1/1/"])
def test_hostile_text_is_read_to_the_end(unit: str) -> None:
    last_number(unit * 100_000)
