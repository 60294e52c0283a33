"""Juries and cascades: their members are files beside them, or shipped, and never panels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rlaif.authoring.judge_file import load_judge, read_judge
from rlaif.errors import FileProblems

HEAD = "judge: several\nversion: 1.0.0\n"
SMALL = "judge: small\nversion: 1.0.0\nbackend: scripted\n"


def said(folder: Path, text: str) -> str:
    """The problems of a panel file in `folder`."""
    file = folder / "panel.yaml"
    file.write_text(text)
    found = read_judge(file)
    assert (found.judge is None) == bool(found.problems)
    return "\n".join(map(str, found.problems)).replace(str(folder), ".")


@pytest.mark.parametrize("kind", ["jury", "cascade"])
def test_members_are_loaded_in_the_order_of_the_file(tmp_path: Path, kind: str) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    file = tmp_path / "panel.yaml"
    file.write_text(f"{HEAD}{kind}: [small.yaml, scripted-hash]\n")
    judge = load_judge(file)
    assert [member.name for member in judge.members] == ["small@1.0.0", "scripted-hash@1.0.0"]
    assert all(member.template for member in judge.members)
    assert (judge.template, judge.seats) == ("", judge.members)
    assert judge.members[0].folder == tmp_path


def test_a_panel_speaks_what_all_its_members_speak(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(f"{SMALL}template: t.jinja2\n")
    (tmp_path / "t.jinja2").write_text("english")
    assert load_judge(panel(tmp_path, "[scripted, scripted-hash]")).speaks("de")
    assert not load_judge(panel(tmp_path, "[scripted, small.yaml]")).speaks("de")


def panel(folder: Path, members: str) -> Path:
    """A jury's file."""
    file = folder / "panel.yaml"
    file.write_text(f"{HEAD}jury: {members}\n")
    return file


def test_a_changed_member_changes_the_panel(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    before = load_judge(panel(tmp_path, "[scripted, small.yaml]")).content_hash
    (tmp_path / "small.yaml").write_text(f"{SMALL}answers: hash\n")
    assert load_judge(tmp_path / "panel.yaml").content_hash != before


def test_faults_of_the_panel_and_of_its_members_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL + "answers: worst\n")
    text = f"{HEAD}jury: [small.yaml, absent.yaml]\nrule: most\n"
    assert said(tmp_path, text) == (
        "./panel.yaml:3:8: 'small.yaml', line 4: 'worst' is not known here\n"
        "  hint: one of: best, hash\n"
        "./panel.yaml:3:20: there is no judge 'absent.yaml'\n"
        "  hint: name a shipped judge (rlaif judges lists them), or a file beside this one\n"
        "./panel.yaml:4:7: 'most' is not known here\n"
        "  hint: one of: mean, majority, minimum"
    )


def test_a_missing_template_of_a_member_is_told(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(f"{SMALL}template: t.jinja2\n")
    told = said(tmp_path, f"{HEAD}jury: [scripted, small.yaml]\n")
    assert told.startswith(
        "./panel.yaml:3:18: 'small.yaml', line 4: there is no template 't.jinja2'\n"
    )


@pytest.mark.parametrize("kind", ["jury", "cascade"])
def test_panels_never_lead_back_to_themselves(tmp_path: Path, kind: str) -> None:
    (tmp_path / "other.yaml").write_text(f"{HEAD}{kind}: [panel.yaml, scripted]\n")
    told = said(tmp_path, f"{HEAD}{kind}: [other.yaml, panel.yaml]\n")
    assert told == (
        f"./panel.yaml:3:{len(kind) + 4}: 'other.yaml': this judge is a {kind} itself\n"
        "  hint: name the judges that it names\n"
        f"./panel.yaml:3:{len(kind) + 16}: 'panel.yaml' is this file itself\n"
        "  hint: name other judges"
    )


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.yaml").write_text(SMALL)
    (inside / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert said(inside, f"{HEAD}jury: [scripted, link.yaml]\n").startswith(
        "./panel.yaml:3:18: 'link.yaml' is a link that leads out of the folder of this file"
    )


@pytest.mark.parametrize("name", ["../small.yaml", "/etc/passwd", "sub"])
def test_what_is_no_file_below_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    assert said(inside, f"{HEAD}jury: [scripted, {name}]\n").count("./panel.yaml:3:18: ") == 1


def test_a_shipped_name_is_not_shadowed_by_a_file_without_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "scripted").write_text("nonsense")
    judge = load_judge(panel(tmp_path, "[scripted, scripted-hash]"))
    assert judge.members[0].spec.judge == "scripted"


def test_one_overall_score_and_answers_by_criterion_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(f"{SMALL}verdict: holistic\n")
    assert said(tmp_path, f"{HEAD}jury: [small.yaml, scripted]\n").startswith(
        "./panel.yaml:3:20: one overall score and answers by criterion cannot be put together"
    )
    (tmp_path / "other.yaml").write_text(SMALL.replace("small", "other") + "verdict: holistic\n")
    assert said(tmp_path, f"{HEAD}jury: [small.yaml, other.yaml]\n") == ""


def test_two_members_of_one_name_are_told_apart_by_their_version(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "other.yaml").write_text(SMALL)
    text = f"{HEAD}cascade: [small.yaml, other.yaml]\n"
    assert "are both called small@1.0.0" in said(tmp_path, text)
    (tmp_path / "other.yaml").write_text(SMALL.replace("1.0.0", "1.1.0"))
    assert said(tmp_path, text) == ""


def test_more_members_than_allowed_are_not_read(tmp_path: Path) -> None:
    names = ", ".join(f"m{place}.yaml" for place in range(40))
    told = said(tmp_path, f"{HEAD}jury: [{names}]\n")
    assert "'jury' has more than 16 entries" in told
    assert told.count("there is no judge") == 16


def test_a_pipe_as_a_member_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    told = said(tmp_path, f"{HEAD}jury: [scripted, pipe.yaml]\n")
    assert "'pipe.yaml' is a pipe, socket or device, not a file" in told


def test_loading_raises_all_of_it(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="there is no judge 'a'") as raised:
        load_judge(panel(tmp_path, "[a, b, scripted]"))
    assert len(raised.value.problems) == 2
