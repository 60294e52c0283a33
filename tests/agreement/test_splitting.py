"""The split by prompt: it never moves, and completions of one prompt stay together."""

from __future__ import annotations

from rlaif.agreement.splitting import fitting_part, place, prompt_key
from rlaif.records.sample import Sample

DIGESTS = [f"{i:032x}" for i in range(4000)]


def test_a_prompt_falls_into_the_same_place_for_ever() -> None:
    assert place("a" * 32, 0) == 0.4778376207660021
    assert place("a" * 32, 1) == 0.8231647702900972


def test_about_the_stated_share_of_prompts_is_fitted_on() -> None:
    fitted = sum(fitting_part(digest, 0, 0.3) for digest in DIGESTS)
    assert abs(fitted / len(DIGESTS) - 0.3) < 0.03


def test_a_larger_share_keeps_what_a_smaller_one_had() -> None:
    for digest in DIGESTS[:500]:
        assert fitting_part(digest, 7, 0.6) or not fitting_part(digest, 7, 0.2)


def test_another_seed_is_another_split() -> None:
    parts = [[fitting_part(d, seed, 0.5) for d in DIGESTS[:200]] for seed in (0, 1)]
    assert parts[0] != parts[1]


def test_nothing_and_everything_are_shares_too() -> None:
    assert not any(fitting_part(digest, 0, 0.0) for digest in DIGESTS[:50])
    assert all(fitting_part(digest, 0, 1.0) for digest in DIGESTS[:50])


def test_completions_of_one_prompt_stay_together_whatever_their_ids_and_groups() -> None:
    one = Sample(sample_id="s1", prompt="Who?", completion="I.", group_id="g")
    other = Sample(sample_id="s2", prompt="Who?", completion="You.", policy="p")
    assert prompt_key(one) == prompt_key(other)


def test_a_text_and_a_chat_of_the_same_words_stay_together() -> None:
    chat = Sample.model_validate(
        {"sample_id": "s", "prompt": [{"role": "user", "content": "Who?\n"}], "completion": "I."}
    )
    text = Sample(sample_id="s", prompt="Who?", completion="I.")
    assert prompt_key(chat) == prompt_key(text)


def test_white_space_and_the_form_of_letters_do_not_count() -> None:
    one = Sample(sample_id="s", prompt="Caf\u00e9  or\ntea?", completion="I.")
    other = Sample(sample_id="s", prompt=" Cafe\u0301 or tea? ", completion="I.")
    assert prompt_key(one) == prompt_key(other)
    assert prompt_key(one) != prompt_key(Sample(sample_id="s", prompt="Tea?", completion="I."))


def test_turns_before_the_question_make_another_prompt() -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]
    chat = Sample.model_validate({"sample_id": "s", "prompt": turns, "completion": "I."})
    assert prompt_key(chat) != prompt_key(Sample(sample_id="s", prompt="Who?", completion="I."))
