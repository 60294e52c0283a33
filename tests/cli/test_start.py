"""The first minutes: `init`, `schema`, `rubrics`, `judges`, `doctor`."""

import shlex
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import orjson
import pytest
import yaml

from tests.cli.conftest import Rlaif


def test_what_init_writes_goes_through_every_command(rlaif: Rlaif) -> None:
    ran = rlaif("init", "mine")
    assert ran.status == 0
    assert "wrote mine/rubric.yaml\n" in ran.out
    assert "  rlaif lint mine\n" in ran.out
    assert rlaif("lint", "mine").status == 0
    assert rlaif("test", "mine/rubric.yaml").status == 0
    grade = ("grade", "mine/rubric.yaml", "mine/samples.jsonl", "-j", "scripted", "-o", "mine/run")
    assert rlaif(*grade).status == 0
    assert rlaif("show", "mine/run").status == 0
    assert len(rlaif("export", "mine/run").rows) == 3
    assert rlaif("lint", "mine").status == 0


def test_what_init_says_can_be_pasted_into_a_shell(rlaif: Rlaif) -> None:
    said = rlaif("init", "my rubric").out
    commands = [line for line in said.splitlines() if line.startswith("  rlaif ")]
    assert len(commands) == 3
    for line in commands:
        assert rlaif(*shlex.split(line)[1:]).status == 0


def test_init_overwrites_nothing(rlaif: Rlaif) -> None:
    Path("mine").mkdir()
    Path("mine/samples.jsonl").write_text("mine")
    ran = rlaif("init", "mine")
    assert (ran.status, ran.out) == (2, "")
    assert "not overwritten: mine/samples.jsonl" in ran.err
    assert [p.name for p in Path("mine").iterdir()] == ["samples.jsonl"]


def test_the_editor_finds_the_schema_that_init_wrote(rlaif: Rlaif) -> None:
    rlaif("init", "mine")
    first = Path("mine/rubric.yaml").read_text().splitlines()[0]
    schema = Path("mine") / first.removeprefix("# yaml-language-server: $schema=")
    assert orjson.loads(schema.read_bytes()) == orjson.loads(rlaif("schema", "rubric").out)


@pytest.mark.parametrize(("kind", "folder"), [("rubric", "rubrics"), ("judge", "judges")])
def test_a_schema_is_draft_7_and_holds_for_what_ships(rlaif: Rlaif, kind: str, folder: str) -> None:
    schema = orjson.loads(rlaif("schema", kind).out)
    jsonschema.Draft7Validator.check_schema(schema)
    files = sorted((Path(__file__).parents[2] / folder).glob("*.yaml"))
    assert files
    for file in files:
        # the text of our files holds no word that PyYAML reads otherwise than YAML 1.2 core
        content = yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - our own file
        assert set(content) <= set(schema.get("properties", content))


def test_the_shipped_rubrics_are_listed_with_their_place(rlaif: Rlaif) -> None:
    ran = rlaif("rubrics")
    assert ran.status == 0
    assert "worked-math-solution" in ran.out
    last = ran.out.splitlines()[-1]
    folder = Path(last.removeprefix("The files lie in "))
    assert (folder / "worked-math-solution.yaml").is_file()


def test_the_shipped_judges_are_listed_with_their_place(rlaif: Rlaif) -> None:
    ran = rlaif("judges")
    assert ran.status == 0
    for name in ("scripted", "scripted-hash", "smollm2-135m"):
        assert f"\n{name} " in ran.out
    assert (
        Path(ran.out.splitlines()[-1].removeprefix("The files lie in ")) / "scripted.yaml"
    ).is_file()


def test_the_doctor_names_what_is_missing_and_the_command_that_mends_it(rlaif: Rlaif) -> None:
    ran = rlaif("doctor")
    assert ran.status in (0, 1)
    for extra in ("transformers", "vllm", "train", "ray", "web"):
        assert f"extra '{extra}'" in ran.out
    if not find_spec("vllm"):
        assert "pip install 'rlaif[vllm]'" in ran.out


def test_the_doctor_fails_where_something_should_be_mended(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlaif.runs.doctor._EXTRAS", {})
    monkeypatch.setattr("os.access", lambda *_: False)
    ran = rlaif("doctor")
    assert ran.status == 1
    assert "!!  cache folder" in ran.out
    assert "set RLAIF_CACHE to a folder with room" in ran.out


def test_the_doctor_looks_at_one_judge_alone(rlaif: Rlaif) -> None:
    ran = rlaif("doctor", "scripted")
    assert ran.status == 0
    assert "there is no server to ask" in ran.out
    assert "cache folder" not in ran.out
    assert rlaif("doctor", "no-such-judge").status == 2
