"""Criteria of other files under the same folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rlaif.authoring.rubric_file import RubricFile, read_rubric
from rlaif.records.criterion import leaves
from rlaif.runs.files import rubric_and_text

HEAD = "rubric: r\nversion: 1.0.0\ntitle: T\ncriteria:\n"
SHARED = """\
shared: s
about: What every reply needs.
criteria:
  - id: a
    ask: Is the first thing there?
  - section: more
    criteria:
      - id: b
        check: contains
        text: b
"""


def read(folder: Path, entries: str, shared: str = SHARED, more: str = "") -> RubricFile:
    (folder / "shared").mkdir(exist_ok=True)
    (folder / "shared" / "s.yaml").write_text(shared)
    (folder / "r.yaml").write_text(HEAD + entries + more)
    return read_rubric(folder / "r.yaml")


def ids(found: RubricFile) -> list[str]:
    assert found.rubric is not None, found.problems
    return [criterion.id for criterion in leaves(found.rubric.items)]


def said(found: RubricFile, folder: Path) -> list[str]:
    assert found.rubric is None
    return [str(p).replace(f"{folder}/", "").split("\n")[0] for p in found.problems]


OWN = "  - id: own\n    ask: Is this our own?\n"


def test_the_criteria_of_the_file_stand_where_it_is_included(tmp_path: Path) -> None:
    found = read(tmp_path, OWN + "  - include: shared/s.yaml\n")
    assert ids(found) == ["own", "a", "b"]
    assert found.included == (tmp_path / "shared" / "s.yaml",)


def test_only_some_of_them_in_the_order_named(tmp_path: Path) -> None:
    assert ids(read(tmp_path, "  - include: shared/s.yaml\n    only: [more, a]\n")) == ["b", "a"]


def test_in_a_section_too(tmp_path: Path) -> None:
    nested = "  - section: x\n    criteria:\n      - include: shared/s.yaml\n        only: [a]\n"
    assert ids(read(tmp_path, nested)) == ["a"]


def test_what_it_means_is_what_it_would_mean_written_out(tmp_path: Path) -> None:
    entry = SHARED.split("criteria:\n", 1)[1]
    included = read(tmp_path, "  - include: shared/s.yaml\n").rubric
    written = read(tmp_path, entry).rubric
    assert included == written
    assert included is not None
    assert written is not None
    assert included.content_hash == written.content_hash


def test_a_change_of_the_included_file_moves_the_hash(tmp_path: Path) -> None:
    before = read(tmp_path, "  - include: shared/s.yaml\n").rubric
    after = read(tmp_path, "  - include: shared/s.yaml\n", SHARED.replace("first", "other")).rubric
    assert before is not None
    assert after is not None
    assert before.content_hash != after.content_hash


def test_the_text_that_a_run_keeps_can_be_read_by_itself(tmp_path: Path) -> None:
    found = read(tmp_path, OWN + "  - include: shared/s.yaml\n")
    rubric, text = rubric_and_text(str(tmp_path / "r.yaml"))
    alone = read_rubric("elsewhere.yaml", text)
    assert alone.rubric == rubric == found.rubric
    assert alone.included == ()


def test_labels_may_name_criteria_that_are_included(tmp_path: Path) -> None:
    example = "examples:\n  - prompt: p\n    completion: c\n    expect: {a: yes, b: no}\n"
    assert ids(read(tmp_path, "  - include: shared/s.yaml\n", more=example)) == ["a", "b"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("  - include: ../s.yaml\n", "r.yaml:5:14: '../s.yaml' does not lie under the folder"),
        ("  - include: /etc/passwd\n", "r.yaml:5:14: '/etc/passwd' does not lie under the folder"),
        ("  - include: shared/t.yaml\n", "r.yaml:5:14: there is no file 'shared/t.yaml'"),
        ("  - include: shared\n", "r.yaml:5:14: 'shared' is a folder, not a file"),
        ("  - include: r.yaml\n", "r.yaml:5:14: 'r.yaml' is not a file of shared criteria"),
        ("  - include: [a]\n", "r.yaml:5:5: 'include' is text, not a list"),
        ("  - include: shared/s.yaml\n    onyl: [a]\n", "r.yaml:6:5: unknown key 'onyl'"),
        (
            "  - include: shared/s.yaml\n    only: [a, c]\n",
            "r.yaml:6:15: 'shared/s.yaml' has no criterion and no section 'c'",
        ),
        (
            "  - include: shared/s.yaml\n    only: []\n",
            "r.yaml:6:5: 'only' has no entries; it needs",
        ),
        ("  - include: shared/s.yaml\n" * 2, "r.yaml:6:14: 'a' is included already"),
        (
            OWN.replace("own", "a") + "  - include: shared/s.yaml\n",
            "r.yaml:7:14: the id 'a' stands",
        ),
        ("  - incude: shared/s.yaml\n", "r.yaml:5:5: a criterion needs 'ask' (for the judge)"),
    ],
)
def test_a_faulty_entry_is_named_at_its_place(tmp_path: Path, entries: str, message: str) -> None:
    found = said(read(tmp_path, entries), tmp_path)
    assert found[0].startswith(message), found
    assert len(found) <= 3


@pytest.mark.parametrize(
    ("shared", "message"),
    [
        (SHARED.replace("ask:", "aks:"), "shared/s.yaml:4:5: a criterion needs 'ask'"),
        (SHARED.replace("text: b", "txt: b"), "shared/s.yaml:9:16: 'text' is missing"),
        (SHARED + "  - include: t.yaml\n", "shared/s.yaml:11:5: a file of shared criteria cannot"),
        (SHARED.replace("id: b", "id: a"), "shared/s.yaml:8:13: the id 'a' stands twice"),
        ("shared: s\n", "shared/s.yaml:1:1: 'criteria' is missing"),
        ("shared: [\n", "shared/s.yaml:2:1: "),
        ("", "shared/s.yaml: the file is empty"),
    ],
)
def test_a_fault_of_the_included_file_is_named_there(
    tmp_path: Path, shared: str, message: str
) -> None:
    found = said(read(tmp_path, "  - include: shared/s.yaml\n", shared), tmp_path)
    assert found[0].startswith(message), found
    assert all(problem.startswith("shared/s.yaml") for problem in found)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.yaml").write_text(SHARED)
    (inside / "s.yaml").symlink_to(tmp_path / "secret.yaml")
    found = said(read(inside, "  - include: s.yaml\n"), inside)
    assert found == ["r.yaml:5:14: 's.yaml' is a link that leads out of the folder of this file"]


def test_one_large_file_included_many_times_is_stopped(tmp_path: Path) -> None:
    files = [f"shared/s{i}.yaml" for i in range(4)]
    (tmp_path / "shared").mkdir()
    for number, file in enumerate(files):
        entries = "".join(
            f"  - {{id: c{number}-{i}, ask: Is the thing number {i} there?}}\n" for i in range(4000)
        )
        (tmp_path / file).write_text("shared: s\ncriteria:\n" + entries)
    found = said(read(tmp_path, "".join(f"  - include: {file}\n" for file in files)), tmp_path)
    assert found == [
        f"r.yaml:{line}:14: the included files have more than 40000 entries" for line in (7, 8)
    ]


def test_a_pipe_is_refused_and_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    found = said(read(tmp_path, "  - include: pipe.yaml\n"), tmp_path)
    assert found == ["r.yaml:5:14: 'pipe.yaml' is a pipe, socket or device, not a file"]


def test_a_file_too_large_is_named_as_a_whole(tmp_path: Path) -> None:
    found = said(read(tmp_path, "  - include: shared/s.yaml\n", "# " + "x" * 9 * 2**20), tmp_path)
    assert found == ["shared/s.yaml: the file is larger than 8 MiB"]


def test_a_linked_folder_may_lead_within_the_folder_but_not_out_of_it(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "real", outside):
        folder.mkdir(parents=True)
        (folder / "s.yaml").write_text(SHARED)
    (inside / "near").symlink_to("real")
    (inside / "far").symlink_to(outside)
    assert ids(read(inside, "  - include: near/s.yaml\n")) == ["a", "b"]
    found = said(read(inside, "  - include: far/s.yaml\n"), inside)
    assert found == [
        "r.yaml:5:14: 'far/s.yaml' is a link that leads out of the folder of this file"
    ]


def test_a_rubric_given_by_a_link_includes_from_the_folder_of_the_link(tmp_path: Path) -> None:
    read(tmp_path, "  - include: shared/s.yaml\n")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.yaml"
    link.symlink_to(tmp_path / "r.yaml")
    absent = link.parent / "shared" / "s.yaml"
    assert [p.message for p in read_rubric(link).problems] == [f"there is no file '{absent}'"]
    absent.parent.mkdir()
    absent.write_text(SHARED)
    assert ids(read_rubric(link)) == ["a", "b"]


def test_a_faulty_shared_file_names_all_its_faults_once(tmp_path: Path) -> None:
    faulty = SHARED.replace("id: b", "id: a").replace("ask: Is", "weight: 0\n    ask: Is")
    entries = "  - include: shared/s.yaml\n  - include: shared/t.yaml\n"
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "t.yaml").write_text("shared: t\ncriteria:\n  - include: s.yaml\n")
    found = said(read(tmp_path, entries, faulty), tmp_path)
    assert [problem.split(": ")[0] for problem in found] == [
        *("shared/s.yaml:5:13", "shared/s.yaml:9:13", "shared/t.yaml:3:5"),
    ]
