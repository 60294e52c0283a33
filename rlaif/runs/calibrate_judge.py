"""The judge file that a calibration is written into: the one that graded, with all its comments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlaif.authoring.calibrated_judge import judge_text, with_calibration
from rlaif.authoring.judge_file import load_judge, read_judge
from rlaif.authoring.named_judge import named_judge
from rlaif.authoring.reading import read_text
from rlaif.authoring.shipped import find_judge, shipped_judges
from rlaif.errors import FileProblems, InputError
from rlaif.records.calibration import Calibration
from rlaif.records.judge import Judge
from rlaif.runs.job import named_beside
from rlaif.storage.placing import plain_file
from rlaif.storage.whole_files import write_whole

_NAME_IT = "name the judge file that graded the run: --judge FILE"


@dataclass(frozen=True, slots=True)
class Target:
    """What is written, and where."""

    out: Path
    kept: Judge
    """The judge as the run keeps it; it speaks."""
    text: str
    """The file that the calibration goes into."""
    language: str

    @property
    def stated(self) -> Calibration:
        """What the file says already: the maps of the other kind of run are kept."""
        judge = read_judge(self.out, self.text).judge
        return (judge.spec.calibration if judge else None) or Calibration()

    def with_maps(self, calibration: Calibration) -> str:
        """The new file's text. Raises: FileProblems, InputError where it would be another judge."""
        made = with_calibration(self.out, self.text, calibration)
        read = read_judge(self.out, made)
        judge = read.judge.speaking(self.language) if read.judge else None
        if judge is None or judge.asked_hash != self.kept.asked_hash:
            raise InputError(
                f"{self.out}: there the file would be another judge than the one that graded the "
                f"run\n  hint: write it beside the judge's own file, or {_NAME_IT}"
            )
        return made

    def write(self, calibration: Calibration) -> str:
        """Put the file there, whole or not at all; its version. Raises: as above, RunError."""
        text = self.with_maps(calibration)
        write_whole(plain_file(str(self.out)), text.encode())
        judge = read_judge(self.out, text).judge
        return judge.spec.version if judge else ""


def target(kept: Judge, language: str, out: Path, given: str | None, *, force: bool) -> Target:
    """Where the calibration goes, all that can be wrong with it found before anything is fitted.

    Args: `kept`, the run's judge; `given`, a judge file or a shipped judge's name.
    Raises: InputError, UnknownName, FileProblems.
    """
    if (out.exists() or out.is_symlink()) and not force:
        raise InputError(f"{out}: already there\n  hint: --force writes over it")
    if not out.parent.is_dir():
        raise InputError(f"{out}: there is no folder '{out.parent}'")
    path = _file(kept, language, given)
    judge = load_judge(path) if path else kept
    if named_beside(judge) and judge.folder != out.parent.resolve():
        raise InputError(
            f"{out}: the judge's model or tokenizer lies beside its file, and would not be found "
            f"from there\n  hint: write it into {judge.folder}"
        )
    text = read_text(path) if path else judge_text(kept.spec)
    if problems := read_judge(out, text).problems:
        if kept.members:
            raise _far_from_members(out, path)
        raise FileProblems(problems)
    return Target(out, kept, text, language)


def _far_from_members(out: Path, path: Path | None) -> InputError:
    """The text is sound where it came from: what it names is not there."""
    where = f"into {path.parent}" if path else "beside its own file"
    return InputError(
        f"{out}: the judges of a jury or a cascade are files beside its own, and are not found "
        f"from there\n  hint: write it {where}"
    )


def _file(kept: Judge, language: str, given: str | None) -> Path | None:
    """The file of the judge that graded; None where there is none, and what is kept must do."""
    if given is None:
        shipped = shipped_judges().get(kept.spec.judge)
        same = shipped is not None and _same(load_judge(shipped), kept, language)
        return shipped if same else None
    if (judge := named_judge(given)) is not None:
        path = None
    else:
        path = find_judge(given)
        judge = load_judge(path)
    if not _same(judge, kept, language):
        raise InputError(
            f"--judge: {judge.name} is not the judge that graded the run ({kept.name}), or it has "
            f"changed\n  hint: {_NAME_IT}"
        )
    return path


def _same(judge: Judge, kept: Judge, language: str) -> bool:
    """Whether two judges answer alike, whatever their names and calibrations."""
    return judge.speaking(language).asked_hash == kept.asked_hash
