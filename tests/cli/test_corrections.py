"""`rlaif corrections`: list, export and import, as people call them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.rubric_file import load_rubric
from rlaif.runs.corrections_split import beside
from rlaif.runs.review import open_review
from rlaif.storage.corrections.reading import read_corrections, write_corrections
from rlaif.storage.samples import read_samples
from tests.cli.conftest import Rlaif
from tests.runs.reviewed import a_run, samples
from tests.storage.corrections.made import RUBRIC, correction


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = tmp_path / "greeting.yaml"
    path.write_text(RUBRIC)
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twelve corrections by two people; the judge is overruled on two of three answers to kind."""
    path = tmp_path / "c.jsonl"
    made = [
        correction(
            n,
            {"kind": "no" if n % 3 else "yes", "warm": "mild"},
            {"kind": "yes", "warm": "mild"},
            why="It orders the reader about." if n % 3 else "",
            by="ann" if n % 2 else "bob",
            human_output=f"Hello, person {n}!" if n < 6 else None,
        )
        for n in range(12)
    ]
    write_corrections(made, str(path))
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_the_list_names_what_experts_overrule_most_and_why(source: Path, rlaif: Rlaif) -> None:
    told = rlaif("corrections", "list", source).out
    assert "12 corrections of 12 samples; 6 with a rewritten output" in told
    assert "by ann: 6 (kind 6, warm 6)" in told
    assert "kind: 8 of 12 answers (67%)" in told
    assert "judge said 'yes', experts 'no': 8" in told
    assert "because: It orders the reader about." in told
    assert "warm: never, of 12 answers" in told
    row = orjson.loads(rlaif("corrections", "list", source, "--format", "json").out)
    assert row["criteria"][0]["directions"] == [{"judge": "yes", "human": "no", "count": 8}]
    assert row["annotators"] == {"bob": 6, "ann": 6}


def test_a_name_that_made_no_correction_is_told(source: Path, rlaif: Rlaif) -> None:
    ran = rlaif("corrections", "list", source, "--annotator", "anne")
    assert (ran.status, "did you mean 'ann'?" in ran.err) == (2, True)


def test_dpo_rows_and_their_card_lie_side_by_side_and_nothing_kept_aside_is_told(
    source: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    out = tmp_path / "pairs.jsonl"
    ran = rlaif("corrections", "export", source, "--as", "dpo", "-o", out)
    assert ran.status == 0
    assert "6 rows in" in ran.err
    assert "left out 6 samples without a rewritten output" in ran.err
    assert "--held-out 0.3" in ran.err
    row = lines(out)[0]
    assert (row["chosen"], row["rejected"]) == (
        "Hello, person 0!",
        "Good evening to you, person 0.",
    )
    assert row["on_policy"] is False
    card = (tmp_path / "pairs.jsonl.card.md").read_text()
    assert "| annotator | `bob` | 3 |" in card
    assert "| policy | `p1` | 6 |" in card


@pytest.mark.parametrize("form", ["parquet", "dataset"])
def test_rows_are_kept_as_the_format_says(
    form: str, source: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    out = tmp_path / f"rows.{form}"
    options = ("--as", "kto", "-o", out, "--format", form, "--held-out", "0.5")
    ran = rlaif("corrections", "export", source, *options)
    assert ran.status == 0, ran.err
    assert ", kept aside in" in ran.err
    assert (tmp_path / f"rows.held-out.{form}").exists()


def test_nothing_to_write_is_exit_status_1(source: Path, tmp_path: Path, rlaif: Rlaif) -> None:
    path = tmp_path / "d.jsonl"
    write_corrections([correction(1, {"kind": "no"})], str(path))
    ran = rlaif("corrections", "export", path, "--as", "sft", "-o", tmp_path / "r.jsonl")
    assert (ran.status, (tmp_path / "r.jsonl").exists()) == (1, False)


def test_an_option_of_another_form_is_refused(source: Path, tmp_path: Path, rlaif: Rlaif) -> None:
    ran = rlaif("corrections", "export", source, "--as", "dpo", "-o", tmp_path / "r", "--balanced")
    assert (ran.status, ran.err) == (
        2,
        "rlaif: --balanced is for --as judge-sft, not for dpo\n",
    )
    for option in (("--format", "parquet"), ("--per-criterion", "3")):
        export = ("corrections", "export", source, "--as", "argilla", "-o", tmp_path / "r")
        ran = rlaif(*export, *option)
        assert (ran.status, f"{option[0]} is for --as" in ran.err) == (2, True)


def test_examples_are_put_into_the_rubric_and_none_is_of_the_part_kept_aside(
    source: Path, rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    aside = tmp_path / "kept.jsonl"
    split = ("--held-out", "0.5", "--seed", "1")
    assert rlaif("corrections", "export", source, "--as", "jsonl", "-o", aside, *split).status == 0
    held = {row["output"] for row in lines(tmp_path / "kept.held-out.jsonl")}
    assert 0 < len(held) < 12
    options = ("--as", "rubric-examples", "--into", rubric, "--per-criterion", "2", *split)
    ran = rlaif("corrections", "export", source, *options)
    assert ran.status == 0, ran.err
    examples = load_rubric(rubric).examples
    assert {one.completion for one in examples}.isdisjoint(held)
    assert {one.expect["kind"] for one in examples} == {"yes", "no"}
    assert any("kind: It orders the reader about." in one.note for one in examples)
    assert any("The judge answered 'yes' to kind." in one.note for one in examples)
    assert rlaif("lint", rubric).status == 0
    again = rlaif("corrections", "export", source, *options)
    assert "examples of the rubric already" in again.err


def test_examples_as_yaml_are_read_back_when_pasted(
    source: Path, rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    out = tmp_path / "examples.yaml"
    options = ("--as", "rubric-examples", "--rubric", rubric, "-o", out, "--teach")
    assert rlaif("corrections", "export", source, *options).status == 0
    rubric.write_text(RUBRIC + out.read_text())
    taught = load_rubric(rubric).taught
    assert len(taught) >= 4


def test_a_stale_part_kept_aside_is_refused(source: Path, tmp_path: Path, rlaif: Rlaif) -> None:
    out, aside = tmp_path / "r.jsonl", tmp_path / "r.held-out.jsonl"
    for form in ("dpo", "jsonl"):
        export = ("corrections", "export", source, "--as", form, "-o", out)
        assert rlaif(*export, "--held-out", "0.5").status == 0
        before = out.read_bytes()
        again = [rlaif(*export)]
        if form == "dpo":
            again.append(rlaif(*export, "--held-out", "0.0001"))
        assert [one.status for one in again] == [2] * len(again)
        assert all(f"{aside} is of an earlier export" in one.err for one in again)
        assert out.read_bytes() == before
        aside.unlink()


@pytest.mark.parametrize("out", ["c.jsonl", "../{}/c.jsonl"])
def test_what_is_read_is_not_written_over(
    out: str, source: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    path, before = tmp_path / out.format(tmp_path.name), source.read_bytes()
    for form in ("dpo", "jsonl"):
        ran = rlaif("corrections", "export", source, "--as", form, "-o", path)
        assert (ran.status, "is what is read" in ran.err) == (2, True)
    ran = rlaif("corrections", "import", source, "--from", "label-studio", "-o", path)
    assert (ran.status, source.read_bytes()) == (2, before)


def test_no_record_at_all_is_exit_status_1(source: Path, tmp_path: Path, rlaif: Rlaif) -> None:
    export = ("corrections", "export", source, "--as", "jsonl", "-o", tmp_path / "r.jsonl")
    assert rlaif(*export, "--held-out", "0.9999").status == 1


def test_examples_go_to_standard_output(source: Path, rubric: Path, rlaif: Rlaif) -> None:
    options = ("--as", "rubric-examples", "--rubric", rubric, "-o", "-")
    ran = rlaif("corrections", "export", source, *options)
    assert (ran.status, ran.out.startswith("examples:")) == (0, True)


@pytest.mark.parametrize(
    ("name", "aside"),
    [
        ("tea.rows.jsonl", "tea.rows.held-out.jsonl"),
        ("d/rows.jsonl.gz", "d/rows.held-out.jsonl.gz"),
        ("rows", "rows.held-out"),
    ],
)
def test_the_name_of_the_part_kept_aside(name: str, aside: str) -> None:
    assert beside(name) == aside


def test_the_surest_overruling_comes_first_and_a_check_is_no_judge(
    tmp_path: Path, rlaif: Rlaif
) -> None:
    path = tmp_path / "d.jsonl"
    rare = [correction(0, {"rare": "no"}, {"rare": "yes"})]
    often = [
        correction(n, {"often": "no" if n % 4 else "yes"}, {"often": "yes"}) for n in range(1, 40)
    ]
    entry = {"criterion": "long", "human": "no", "checked": True, "judge": {"answer": "yes"}}
    unsaid = [correction(50, {"new": "no"}), correction(51, criteria=[entry])]
    write_corrections([*rare, *often, *unsaid], str(path))
    told = rlaif("corrections", "list", path).out
    assert told.index("often: 30 of 39") < told.index("rare: 1 of 1")
    assert "check said 'yes', experts 'no': 1" in told
    assert "new: 1 answer, and none of the judge to hold them against" in told


CSV = (
    "\ufeffid;Reply;kind;Why;who\n"
    's1;"Good evening to you; person 1.";Yes;It is polite.;ann\n'
    ";Good evening to you, person 2.;nope;;bob\n"
    ";nobody wrote this;no;;bob\n"
    "s3;Good evening to you, person 3.;;;bob\n"
)


def test_a_spreadsheet_is_read_by_its_headings_and_what_does_not_fit_is_named(
    rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    samples = [
        {
            "sample_id": f"s{n}",
            "prompt": "Greet.",
            "completion": f"Good evening to you{sep} person {n}.",
        }
        for n, sep in ((1, ";"), (2, ","), (3, ","))
    ]
    (tmp_path / "s.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in samples))
    (tmp_path / "a.csv").write_text(CSV)
    ran = rlaif(
        *("corrections", "import", tmp_path / "a.csv", "--from", "csv", "-o", tmp_path / "c.jsonl"),
        *("--rubric", rubric, "--samples", tmp_path / "s.jsonl", "--map", "output=Reply"),
        *("--map", "why:kind=Why", "--map", "annotator=who"),
    )
    assert ran.status == 1
    assert "a.csv:3:1: 'kind' has no answer 'nope'; one of: no, yes" in ran.err
    assert "not matched: record 4: no sample has this output" in ran.err
    assert "1 time somebody said nothing" in ran.err
    (made,) = [row.correction for row in read_corrections(str(tmp_path / "c.jsonl"))]
    assert (made.sample_id, made.annotator, made.source) == ("s1", "ann", "csv")
    assert (made.criteria[0].human, made.criteria[0].comment) == ("yes", "It is polite.")
    assert made.human_score is None  # `warm` was not answered
    assert "1 correction without a score" in ran.err
    assert made.input == "Greet."
    assert made.rubric.hash == load_rubric(rubric).content_hash
    assert len(made.sample_hash) == 32
    assert len(list(read_samples(str(tmp_path / "s.jsonl")))) == 3


def test_the_score_of_an_import_is_worked_out_by_the_rubric(
    rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    (tmp_path / "a.csv").write_text(
        "id,output,kind,warm,kind_comment,who\n"
        "s1,Hi.,yes,mild,Well.,ann\ns2,Ho.,no,cold,,\ns3,Hu.,yes,n/a,,ann\n"
    )
    options = ("--from", "csv", "-o", tmp_path / "c.jsonl", "--rubric", rubric)
    ran = rlaif("corrections", "import", tmp_path / "a.csv", *options, "--map", "annotator=who")
    assert (ran.status, "1 correction by nobody named" in ran.err) == (0, True)
    made = [row.correction for row in read_corrections(str(tmp_path / "c.jsonl"))]
    assert [one.human_score for one in made] == [0.75, 0.0, 1.0]
    assert made[0].criteria[0].comment == "Well."


def test_a_criterion_may_be_called_like_a_comment_on_another(
    rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    rubric.write_text(RUBRIC.replace("id: warm", "id: kind_comment"))
    (tmp_path / "a.csv").write_text("output,kind,kind_comment\nHi.,yes,cold\n")
    options = ("--from", "csv", "-o", tmp_path / "c.jsonl", "--rubric", rubric)
    assert rlaif("corrections", "import", tmp_path / "a.csv", *options).status == 0
    (made,) = [row.correction for row in read_corrections(str(tmp_path / "c.jsonl"))]
    assert [one.human for one in made.criteria] == ["yes", "cold"]


PRODIGY = [
    {"text": "Hi.", "prompt": "Greet.", "label": "kind", "answer": "accept", "_timestamp": 0},
    {"text": "Ho.", "label": "kind", "answer": "reject", "_annotator_id": "bob"},
    {"text": "Go.", "label": "kind", "answer": "ignore"},
    {
        "text": "Hey.",
        "options": [{"id": "cold", "text": "Cold"}, {"id": "warm", "text": "Warm"}],
        "accept": ["warm"],
        "answer": "accept",
        "user_input": "Hey there.",
    },
    {"text": "No answer"},
]


def test_prodigys_answers_choices_and_texts_are_read(
    rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    file, out = tmp_path / "p.jsonl", tmp_path / "c.jsonl"
    file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in PRODIGY))
    ran = rlaif(
        *("corrections", "import", file, "--from", "prodigy", "-o", out, "--rubric", rubric),
        *("--map", "criterion:warm=accept"),
    )
    assert ran.status == 1
    assert "p.jsonl:5:1: a task has 'answer'" in ran.err
    made = [row.correction for row in read_corrections(str(out))]
    assert [(one.output, one.criteria[0].human, one.annotator) for one in made] == [
        ("Hi.", "yes", ""),
        ("Ho.", "no", "bob"),
        ("Hey.", "warm", ""),
    ]
    assert (made[0].at, made[0].input) == ("1970-01-01T00:00:00Z", "Greet.")
    assert made[2].human_output == "Hey there."


def test_argillas_own_records_are_read_with_the_suggestion_as_the_judge(
    rubric: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    records = [
        {
            "id": "r1",
            "fields": {"instruction": "Greet.", "generation": "Hi."},
            "metadata": {},
            "suggestions": {"kind": {"value": "no", "score": 0.9, "agent": "m"}},
            "responses": {
                "kind": [{"value": "yes", "user_id": "u1"}, {"value": "no", "user_id": "u2"}],
                "mood": [{"value": "odd", "user_id": "u1"}],
            },
        }
    ]
    file, out = tmp_path / "r.json", tmp_path / "c.jsonl"
    file.write_bytes(orjson.dumps(records))
    ran = rlaif(
        *("corrections", "import", file, "--from", "argilla", "-o", out, "--rubric", rubric)
    )
    assert ran.status == 0, ran.err
    assert "1 answer to 'mood', which is no criterion: left out" in ran.err
    made = [row.correction for row in read_corrections(str(out))]
    assert [(one.annotator, one.criteria[0].human) for one in made] == [("u1", "yes"), ("u2", "no")]
    assert [one.criteria[0].overruled for one in made] == [True, False]
    assert (made[0].sample_id, made[0].input, made[0].output) == ("r1", "Greet.", "Hi.")


def test_without_knowing_what_is_a_criterion_a_spreadsheet_is_refused(
    tmp_path: Path, rlaif: Rlaif
) -> None:
    (tmp_path / "a.csv").write_text("output,kind\nHi.,yes\n")
    ran = rlaif(
        *("corrections", "import", tmp_path / "a.csv", "--from", "csv", "-o", tmp_path / "c.jsonl")
    )
    assert (ran.status, "--map criterion:ID=COLUMN" in ran.err) == (2, True)


def test_a_run_that_nobody_reviewed_is_refused_with_the_command_that_reviews_it(
    tmp_path: Path, rlaif: Rlaif
) -> None:
    ran = rlaif("corrections", "list", tmp_path)
    assert ran.status == 2
    assert f"hint: `rlaif review {tmp_path}`" in ran.err


def test_a_reviewed_run_is_a_source_as_it_is(tmp_path: Path, rlaif: Rlaif) -> None:
    run = a_run(tmp_path, samples(4))
    review = open_review(run)
    for number in range(4):
        item = review.item(number, "ann")
        item = review.answer(number, "ann", "right", "no", item.revision)
        review.rewrite(number, "ann", f"It is {number}.", item.revision)
    review.close()
    told = rlaif("corrections", "list", run).out
    assert "4 corrections of 4 samples; 4 with a rewritten output" in told
    out = tmp_path / "rows.jsonl"
    options = ("--as", "judge-sft", "--rubric", tmp_path / "small.yaml", "--judge", "scripted-hash")
    ran = rlaif("corrections", "export", run, *options, "-o", out)
    assert ran.status == 0, ran.err
    assert [row["completion"][0]["content"] for row in lines(out)] == ["No"] * 4
    assert {row["rubric"] for row in lines(out)} == {"small@1.0.0"}
    ran = rlaif("corrections", "export", run / "review.sqlite", "--as", "dpo", "-o", out)
    assert len(lines(out)) == 4
