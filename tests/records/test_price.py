"""What a million tokens cost, and that a price changes no verdict."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.backends import OpenaiJudge
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.price import Price

STATED: dict[str, Any] = {"input": 0.15, "cached": 0.075, "output": 0.6}


def judge(**more: Any) -> Judge:
    stated = {"judge": "j", "version": "1.0.0", "backend": "openai", "model": "m"}
    url = {"base_url": "https://models.example/v1"}
    return Judge(OpenaiJudge.model_validate({**stated, **url, **more}), "t")


def test_each_kind_of_token_has_its_price() -> None:
    price = Price(**STATED)
    assert price.of(1_000_000, 0, 0) == 0.15
    assert price.of(0, 1_000_000, 0) == 0.075
    assert price.of(0, 0, 1_000_000) == 0.6
    assert price.of(2000, 1000, 10) == pytest.approx(0.000381)
    assert price.currency == "USD"


def test_what_was_computed_before_costs_as_much_unless_its_price_is_given() -> None:
    assert Price(input=2, output=8).of(0, 500_000, 0) == 1.0
    assert Price(input=2, cached=0, output=8).of(0, 500_000, 0) == 0.0


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "", "U$D"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate({**STATED, "currency": currency})


def test_a_price_changes_neither_what_is_asked_nor_what_is_graded_under() -> None:
    free, priced = judge(), judge(price=STATED)
    assert free.content_hash == priced.content_hash
    assert ask_fingerprint(free.spec, "s") == ask_fingerprint(priced.spec, "s")
    assert priced.own.price == Price(**STATED)
