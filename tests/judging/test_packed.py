from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from rlaif.judging.packed import (
    Row,
    batches_of,
    disagreement,
    forward_packed,
    forward_plain,
    full_attention,
    pack,
    preamble_of,
    rows_of,
)
from rlaif.judging.self_check import self_check
from rlaif.ports import Decision, Prefix

MakeRows = Callable[[Sequence[int], Sequence[int]], list[Row]]
LAYOUTS = [
    pytest.param([40, 9, 23], [5, 5, 5], id="unequal prefixes"),
    pytest.param([30], [3, 17, 8], id="unequal questions"),
    pytest.param([30, 12, 1], [7, 2, 11], id="unequal prefixes and questions"),
    pytest.param([25], [6], id="one question"),
    pytest.param([25, 24], [6], id="one question each"),
    pytest.param([60, 31], [4] * 40, id="forty questions"),
    pytest.param([5], [1, 1], id="questions of one token"),
    pytest.param([0, 8], [4, 4], id="an empty prefix"),
]


@torch.inference_mode()
def furthest(model: Any, batch: list[Row]) -> float:
    """Largest absolute difference of packed logits from those of whole prompts, one at a time."""
    packed = forward_packed(model, batch)
    assert packed.shape[:2] == (len(batch), len(batch[0].decisions))
    worst = 0.0
    for row, logits in zip(batch, packed, strict=True):
        for decision, one in zip(row.decisions, logits, strict=True):
            whole = torch.tensor([[*row.prefix, *decision.suffix_ids]])
            plain = model(input_ids=whole).logits[0, -1]
            assert torch.allclose(forward_plain(model, whole[0].tolist()), plain, atol=1e-4)
            worst = max(worst, float((one - plain).abs().max()))
    return worst


@pytest.mark.parametrize(("prefixes", "questions"), LAYOUTS)
def test_packed_logits_equal_plain_ones(
    model: Any, rows: MakeRows, prefixes: list[int], questions: list[int]
) -> None:
    assert furthest(model, rows(prefixes, questions)) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("prefixes", "questions"), LAYOUTS)
def test_packed_logits_of_smollm2_equal_plain_ones(
    smollm2: Any, rows: MakeRows, prefixes: list[int], questions: list[int]
) -> None:
    off = furthest(smollm2, rows(prefixes, questions))
    print(f"largest difference of a logit: {off:.2e}")  # noqa: T201 - `pytest -s` shows it
    assert off < 1e-4


def test_a_question_sees_neither_its_neighbours_nor_the_padding(model: Any, rows: MakeRows) -> None:
    alone = forward_packed(model, rows([12], [5]))
    among = forward_packed(model, rows([12, 50], [5, 30, 8]))
    assert torch.allclose(alone[0, 0], among[0, 0], atol=1e-5)


def test_the_layout_of_a_batch(rows: MakeRows) -> None:
    packed = pack(rows([3, 1], [2, 1]), torch.device("cpu"))
    assert packed.positions.tolist() == [[0, 1, 2, 3, 4, 3], [0, 0, 0, 1, 2, 1]]
    assert packed.ends.tolist() == [4, 5]
    seen = ["".join("x" if s else "." for s in line) for line in packed.mask[1, 0].tolist()]
    assert seen == ["x.....", ".x....", "..x...", "..xx..", "..xxx.", "..x..x"]
    assert packed.ids[1, :2].tolist() == [0, 0]


# --- rows and batches ---------------------------------------------------------------------------

sizes = st.lists(
    st.tuples(st.integers(0, 60), st.lists(st.integers(1, 20), min_size=1, max_size=12)),
    min_size=1,
    max_size=8,
)


def asked(shapes: list[tuple[int, list[int]]]) -> list[Decision]:
    made: list[Decision] = []
    for size, questions in shapes:
        prefix = Prefix((), tuple(range(size)))
        for count in questions:
            made.append(Decision(len(made), prefix, "", tuple(range(count)), (), (), "", "", (), 0))
    return made


@given(sizes, st.integers(1, 120))
def test_rows_hold_every_question_once_and_at_most_so_many_tokens(
    shapes: list[tuple[int, list[int]]], most: int
) -> None:
    given = asked(shapes)
    made = list(rows_of(given, most))
    assert sorted(d.number for row in made for d in row.decisions) == list(range(len(given)))
    for row in made:
        assert row.tokens <= most or len(row.decisions) == 1
        assert {id(d.prefix) for d in row.decisions} == {id(row.decisions[0].prefix)}
        assert row.prefix == row.decisions[0].prefix.ids
        numbers = [d.number for d in row.decisions]
        assert numbers == sorted(numbers)


def test_questions_that_come_mixed_up_find_their_row() -> None:
    given = asked([(9, [2, 2]), (9, [2, 2])])
    made = list(rows_of([given[0], given[2], given[1], given[3]], 100))
    assert [[d.number for d in row.decisions] for row in made] == [[0, 1], [2, 3]]


@given(sizes, st.integers(1, 400))
def test_a_batch_exceeds_the_budget_only_where_one_row_does(
    shapes: list[tuple[int, list[int]]], most: int
) -> None:
    given = list(rows_of(asked(shapes), most))
    made = list(batches_of(given, most))
    assert sorted(map(id, given)) == sorted(id(row) for batch in made for row in batch)
    for batch in made:
        assert len({row.suffixes for row in batch}) == 1
        padded = len(batch) * max(row.tokens for row in batch)
        assert padded <= most or len(batch) == 1


# --- models that the packed forward is wrong for -------------------------------------------------

LLAMA = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
GEMMA = {"num_hidden_layers": 2, "sliding_window": 4}


@pytest.mark.parametrize(
    ("config", "full"),
    [
        (LlamaConfig(**LLAMA), True),
        (MistralConfig(sliding_window=None), True),
        (MistralConfig(sliding_window=8), False),
        (Qwen2Config(use_sliding_window=False, sliding_window=8), True),
        (
            Qwen2Config(
                num_hidden_layers=2,
                use_sliding_window=True,
                sliding_window=8,
                layer_types=["full_attention", "sliding_attention"],
            ),
            False,
        ),
        (Gemma3TextConfig(**GEMMA, layer_types=["sliding_attention", "full_attention"]), False),
        (Gemma3TextConfig(**GEMMA, layer_types=["full_attention", "full_attention"]), True),
        (SimpleNamespace(layer_types=["full_attention", "linear_attention"]), False),
        (SimpleNamespace(attention_chunk_size=8192), False),
        (SimpleNamespace(window_size=256), False),
        (SimpleNamespace(rope_parameters={"rope_type": "dynamic"}), False),
        (SimpleNamespace(rope_parameters={"rope_type": "llama3"}), True),
        (SimpleNamespace(), True),
    ],
)
def test_the_configuration_says_whether_attention_is_full(config: object, full: bool) -> None:
    assert full_attention(config) is full


@pytest.mark.parametrize(
    ("kind", "config", "more"),
    [
        (MistralForCausalLM, MistralConfig, {"sliding_window": 8}),
        (
            Qwen2ForCausalLM,
            Qwen2Config,
            {
                "use_sliding_window": True,
                "sliding_window": 8,
                "layer_types": ["full_attention", "sliding_attention"],
            },
        ),
        (
            Gemma3ForCausalLM,
            Gemma3TextConfig,
            {
                "head_dim": 8,
                "sliding_window": 8,
                "layer_types": ["sliding_attention", "full_attention"],
            },
        ),
    ],
)
async def test_a_sliding_window_is_asked_one_by_one_and_answers_right(
    kind: Any,
    config: Any,
    more: dict[str, Any],
    make_folder: Callable[..., Any],
    judge: Callable[..., Any],
    answers: Callable[..., Any],
    expected: Callable[[Any, Decision], list[float]],
    decisions: Callable[..., list[Decision]],
) -> None:
    from rlaif.judging.transformers_backend import TransformersBackend

    backend = TransformersBackend(judge(make_folder(kind, config, **more)))
    await backend.start()
    assert backend.notes[1].startswith("one call a criterion: the model has layers that are not")
    given = decisions([40, 17], [5, 9])
    found = await answers(backend, given)
    for decision in given:
        wanted = expected(backend._model, decision)
        assert found[decision.number].probabilities == pytest.approx(wanted, abs=1e-6)
        length = len(decision.prefix.ids) + len(decision.suffix_ids)
        assert found[decision.number].tokens_computed == length
    await backend.aclose()


def test_the_self_check_passes_a_model_of_full_attention(model: Any) -> None:
    packs, _, note = self_check(model, torch.float32)
    assert packs
    assert note.startswith("all criteria of a sample in one forward pass (self-check: ")


class Wrong(torch.nn.Module):
    """Does to the packed batch what a model that cannot take it would do."""

    def __init__(self, model: Any, does: str) -> None:
        super().__init__()
        self.model, self.config, self.does = model, model.config, does

    def forward(self, attention_mask: Any = None, position_ids: Any = None, **given: Any) -> Any:
        if attention_mask is None:
            return self.model(**given)
        if self.does == "forgets the mask":
            attention_mask = None
        if self.does == "forgets the positions":
            position_ids = None
        if self.does == "raises":
            raise NotImplementedError("no masks of four dimensions")
        if self.does == "keeps every logit":
            given.pop("logits_to_keep")
        output = self.model(attention_mask=attention_mask, position_ids=position_ids, **given)
        if self.does == "gives NaN":
            output.logits[1, 2] = float("nan")
        return output


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("forgets the mask", "packed answers differ from plain ones by"),
        ("forgets the positions", "packed answers differ from plain ones by"),
        ("gives NaN", "packed answers differ from plain ones by nan"),
        ("raises", "the packed forward fails (no masks of four dimensions)"),
        ("keeps every logit", "the packed forward fails"),
    ],
)
def test_a_model_whose_packed_forward_is_wrong_is_caught(model: Any, does: str, says: str) -> None:
    packs, _, note = self_check(Wrong(model, does), torch.float32)
    assert not packs
    assert note.startswith(f"one call a criterion: {says}")


def test_a_disagreement_that_is_not_a_number_is_not_taken_for_agreement(
    model: Any, rows: MakeRows
) -> None:
    off = disagreement(Wrong(model, "gives NaN"), rows([9, 5], [3, 3, 3]))
    assert math.isnan(off)


def test_a_preamble_computed_once_changes_no_logit(model: Any, rows: MakeRows) -> None:
    """Rows of unlike prefixes that begin alike: with and without what is kept of the beginning."""
    preamble = Prefix((), tuple(range(40, 52)))
    made = []
    for row in rows([20, 33], [5, 8]):
        prefix = Prefix((), (*preamble.ids, *row.prefix), head=len(preamble.ids))
        asked = tuple(replace(decision, prefix=prefix) for decision in row.decisions)
        made.append(Row(prefix.ids, asked))
    kept = preamble_of(model, preamble.ids)
    for batch in (made, made[:1], made[::-1]):
        whole, shared = forward_packed(model, batch), forward_packed(model, batch, kept)
        assert float((whole - shared).abs().max()) < 1e-4
    other = rows([20, 33], [5, 8])
    assert torch.equal(forward_packed(model, other, kept), forward_packed(model, other))
