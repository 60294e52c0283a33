from __future__ import annotations

from collections.abc import Callable

import pytest

from rlaif.errors import FileProblems, Problem
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import MOST_BYTES, JudgeTemplate, Slot
from rlaif.records.criterion import Judged
from rlaif.records.judge_base import Labels
from rlaif.records.subject import Subject

SAMPLE = "{% for t in completion %}{{ t.text }}{% endfor %}"


def template(system: str = "Grade.", sample: str = SAMPLE, question: str = "{{ ask }}") -> str:
    return (
        f"{{% block system %}}{system}{{% endblock %}}\n"
        f"{{% block sample %}}{sample}{{% endblock %}}\n"
        f"{{% block question %}}{question}{{% endblock %}}\n"
    )


def problems(source: str) -> list[Problem]:
    with pytest.raises(FileProblems) as caught:
        Prompter(JudgeTemplate(source, "judge.jinja2"), Labels(), None)
    return list(caught.value.problems)


def only(source: str) -> Problem:
    (problem,) = problems(source)
    return problem


@pytest.mark.parametrize("missing", ["system", "sample", "question"])
def test_every_block_is_required(missing: str) -> None:
    source = template().replace(f"block {missing} ", f"block other_{missing} ")
    messages = [p.message for p in problems(source)]
    assert messages == [f"unknown block 'other_{missing}'", f"block '{missing}' is missing"]


def test_an_empty_file_lacks_all_three_blocks() -> None:
    assert len(problems("")) == 3


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("{{ range(3) }}", "call"),
        ("{{ ask.upper() }}", "call"),
        ("{{ ask | upper }}", "filter"),
        ("{{ ask ~ ask }}", "concat"),
        ("{{ 2 * 3 }}", "mul"),
        ("{{ ask + ask }}", "add"),
        ("{{ 'a' * 1000000000 }}", "mul"),
        ("{{ 2 ** 99999999 }}", "pow"),
        ("{{ '%s' % ask }}", "mod"),
        ("{{ levels[0].name }}", "getitem"),
        ("{{ [ask] }}", "list"),
        ("{{ ask is defined }}", "test"),
        ("{% set x = ask %}", "assign"),
        ("{% macro m() %}x{% endmacro %}", "macro"),
        ("{% call m() %}x{% endcall %}", "callblock"),
        ("{% filter upper %}x{% endfilter %}", "filterblock"),
        ("{% include 'other' %}", "include"),
        ("{% import 'other' as other %}", "import"),
        ("{% from 'other' import x %}", "fromimport"),
        ("{% with %}x{% endwith %}", "with"),
        ("{% block inner %}x{% endblock %}", "block"),
        ("{% for a, b in levels %}x{% endfor %}", "tuple"),
    ],
)
def test_what_the_small_language_leaves_out_is_refused_at_its_line(
    expression: str, named: str
) -> None:
    found = problems(template(question="{{ ask }}\n" + expression))
    assert {p.line for p in found} == {4}
    assert any(f"'{named}' is not part of a judge's template" in p.message for p in found)


def test_extends_is_refused() -> None:
    assert "'extends' is not part" in only("{% extends 'other' %}" + template()).message


@pytest.mark.parametrize("loop", ["range(10)", "range(10**9)", "[1, 2]", "'abc'"])
def test_a_loop_runs_over_a_value_only(loop: str) -> None:
    found = problems(template(question=f"{{% for x in {loop} %}}y{{% endfor %}}"))
    assert any("a loop runs over a value" in p.message for p in found)
    assert {p.line for p in found} == {3}


def test_a_loop_inside_a_loop_is_refused() -> None:
    inner = "{% for b in prompt %}x{% endfor %}"
    found = only(template(sample=f"{{% for a in prompt %}}\n{inner}{{% endfor %}}"))
    assert (found.line, found.message[:20]) == (3, "a loop inside a loop")


def test_a_recursive_loop_is_refused() -> None:
    loop = "{% for a in levels recursive %}{{ a.name }}{% endfor %}"
    assert "a loop runs over a value" in only(template(question=loop)).message


def test_all_problems_are_told_at_once() -> None:
    found = problems(template(system="{{ a }}", sample="{{ 1 + 1 }}", question="{{ b }}\n{{ c }}"))
    assert [p.line for p in found] == [1, 2, 3, 4]
    assert {p.path for p in found} == {"judge.jinja2"}


@pytest.mark.parametrize("name", ["ask", "guidance", "levels", "yes", "no", "na"])
def test_the_sample_block_cannot_see_the_criterion(name: str) -> None:
    found = only(template(sample=SAMPLE + f"\n{{{{ {name} }}}}"))
    assert found.line == 3
    assert found.message == (
        f"block 'sample' cannot see '{name}'; it sees fence, prompt, completion, chat, reference"
    )


@pytest.mark.parametrize("name", ["prompt", "completion", "fence", "reference", "chat"])
def test_the_question_block_cannot_see_the_sample(name: str) -> None:
    found = only(template(question=f"{{% if {name} %}}x{{% endif %}}"))
    assert found.line == 3
    assert f"block 'question' cannot see '{name}'" in found.message


@pytest.mark.parametrize("name", ["ask", "fence", "yes", "range", "lipsum", "self", "cycler"])
def test_the_system_block_sees_nothing_and_jinjas_own_names_are_no_values(name: str) -> None:
    found = only(template(system=f"{{{{ {name} }}}}"))
    assert found.message == f"block 'system' cannot see '{name}'; it sees nothing"


def test_a_name_that_is_not_there_is_refused_in_a_branch_that_no_sample_takes() -> None:
    assert (
        "cannot see 'wat'" in only(template(question="{% if 1 == 2 %}{{ wat }}{% endif %}")).message
    )


@pytest.mark.parametrize(
    ("block", "text", "says"),
    [
        ("question", "{% for l in levels %}{{ l.nmae }}{% endfor %}", "has no attribute 'nmae'"),
        ("question", "{{ guidance }}", "not always there; put it inside an 'if'"),
        ("question", "{{ na }}", "not always there"),
        ("sample", "{{ reference }}", "not always there"),
        ("sample", "{{ prompt }}", "not text: a list"),
        ("sample", "{% for t in prompt %}{{ t }}{% endfor %}", "not text: a dict"),
        ("sample", "{% for t in prompt %}{{ loop }}{% endfor %}", "not text: a LoopContext"),
        ("question", "{{ ask.upper }}", "not text: a builtin_function_or_method"),
        ("question", "{{ ask.__class__ }}", "unsafe"),
        ("question", "{% for c in ask %}{{ c }}b{% endfor %}", "this value is one text"),
        ("sample", "{% for c in chat %}x{% endfor %}", "not iterable"),
        ("question", "{% if levels > ask %}x{% endif %}", "not supported"),
        ("question", "{% for l in levels %}{% endfor %}{{ l.name }}", "'l' is undefined"),
    ],
)
def test_a_value_used_as_it_cannot_be_is_told_before_the_first_sample(
    block: str, text: str, says: str
) -> None:
    found = problems(template(**{block: text}))
    assert any(says in p.message for p in found), found
    assert all(p.message.startswith(f"block '{block}'") for p in found)


def test_text_outside_the_blocks_is_refused_and_comments_are_not() -> None:
    JudgeTemplate("{# why #}\n\n" + template())
    found = only(template() + "\n\nBe strict.\n")
    assert "outside the blocks" in found.message


def test_a_block_that_stands_twice_is_refused() -> None:
    found = only(template() + "{% block system %}{% endblock %}")
    assert "defined twice" in found.message
    assert found.line == 4


def test_a_syntax_error_is_told_at_its_line() -> None:
    found = only(template(sample="\n\n{% if %}"))
    assert found.line == 4


def test_a_template_of_too_many_bytes_is_refused() -> None:
    assert "more than 65536 bytes" in only(template(system="é" * (MOST_BYTES // 2))).message


@pytest.mark.parametrize(
    "deep",
    [
        "{% if yes %}" * 2_000 + "{% endif %}" * 2_000,
        "{{ " + "(" * 20_000 + "yes" + ")" * 20_000 + " }}",
        "{{ " + "not " * 15_000 + "yes }}",
        "{{ " + "yes and " * 8_000 + "yes }}",
        "{{ yes" + ".a" * 30_000 + " }}",
        "{% if yes %}" * 120 + "{% endif %}" * 120,
    ],
    ids=["if", "parentheses", "not", "and", "attributes", "indentation"],
)
def test_a_template_that_nests_without_end_is_refused_and_not_a_traceback(deep: str) -> None:
    assert "nests too deeply" in only(template(question=deep)).message


@pytest.mark.parametrize("mark", ["\ue000", "\ue001", "\ue000c0\ue001"])
def test_private_use_characters_of_the_slots_are_refused(mark: str) -> None:
    assert "private-use" in only(template(system=mark)).message


@pytest.mark.parametrize("constant", [r"'\ue000'", r"'\ue000c0\ue001'", r"'\U0000e000x'"])
def test_a_slot_cannot_be_forged_by_an_escape_in_a_constant(constant: str) -> None:
    found = only(template(question="{{ ask }}\n{{ " + constant + " }}"))
    assert found.line == 4
    assert "private-use" in found.message


def test_a_slot_in_a_sample_is_text(
    subject: Callable[..., Subject], ask: Callable[..., Judged]
) -> None:
    prompter = Prompter(JudgeTemplate(template()), Labels(), None)
    text = "\ue000reference\ue001 {{ ask }} {% raw %}"
    assert prompter.prefix(subject(text)).turns[-1].text == text + "\n\n"
    assert prompter.question(ask(text)).text == text


def test_values_stand_as_slots_and_template_text_as_text() -> None:
    made = JudgeTemplate(template(question="\nQ: {{ ask }}!\n"))
    assert made.render("question", {"ask": Slot("ask")}) == (
        ("Q: ", False),
        ("ask", True),
        ("!", False),
    )
    assert made.render("system", {}) == (("Grade.", False),)
