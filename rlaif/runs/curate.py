"""Fewer and better texts: a sample is graded, a classifier learns from it and filters the rest."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rlaif.errors import InputError
from rlaif.judging.weights import find_weights
from rlaif.lazy import ADAPTERS, load
from rlaif.records.backends import TransformersJudge
from rlaif.records.curate import EMBEDDINGS, HASHED, JUDGE, Curated, CurateRules, Example, Survey
from rlaif.records.judge import Judge
from rlaif.runs.curate_grading import Grading, Scores, grade_drawn
from rlaif.runs.curate_writing import Chooses, Choosing
from rlaif.runs.rows import origin_of
from rlaif.runs.watching import Watcher
from rlaif.storage.curate_rows import TextRow, text_rows
from rlaif.storage.curate_spool import Surveyed, survey, unchanged
from rlaif.storage.export import STANDARD_OUTPUT
from rlaif.storage.place_names import scheme_of, told
from rlaif.storage.placing import plain_file, refuse_inside
from rlaif.storage.row_files import Columns, name_of, write_rows_and_card
from rlaif.storage.run_folder import open_run
from rlaif.storage.samples import Row
from rlaif.training.curate.card import Making, card_text

RUN = ".run"
"""Behind the name of a file, the name of the run that its texts were graded in."""


@dataclass(frozen=True, slots=True)
class CurateOrder:
    """Which texts, by what they are graded, and where the kept ones go."""

    texts: str
    """A path or a URL: rows with `text`, or with `prompt` and `completion`."""
    grading: Grading
    rules: CurateRules
    out: str
    """A path or a URL of JSON Lines."""
    run: Path | None = None
    """The folder of the grades; beside `out` when None."""
    scores: str | None = None
    """Where the probability of every row goes, as a Parquet file."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None

    @property
    def folder(self) -> Path:
        """Where the grades are kept. Raises: InputError where nobody says so."""
        if self.run is not None:
            return self.run
        if scheme_of(self.out):
            hint = "a run lies in a folder of this machine"
            raise InputError(f"say where the grades are kept: --run FOLDER\n  hint: {hint}")
        return Path(f"{self.out}{RUN}")

    def rows(self) -> Iterator[TextRow | Row]:
        """The texts, read anew."""
        return text_rows(self.texts, self.rules.prompt, self.mapping, self.limit)


def curate(order: CurateOrder, watcher: Watcher) -> Curated:
    """Grade a sample of the texts, learn from it, and write those of all texts that are kept.

    Nothing is written where the classifier is no better than keeping everything, unless the rules
    say so; `paths` is then empty. What was graded is never graded again.
    Raises: FileProblems for rows at fault, before anything is graded; InputError for too few
    grades, or of one kind only; MissingExtra, before anything is graded, without scikit-learn; and
    whatever `grade_run` raises.
    """
    _check_places(order)
    learn = load(ADAPTERS["curate"])
    embedder, model = _embedder(order)
    watcher.note(f"reading {told(order.texts)}")
    read = survey(order.rows(), order.rules.sample, order.rules.seed)
    scores = grade_drawn(read.drawn, order.texts, order.folder, order.grading, watcher)
    embed = embedder() if embedder is not None else None
    examples = [
        Example(one.text, scores.by_key[one.key], one.key)
        for one in read.drawn
        if one.key in scores.by_key
    ]
    watcher.note(f"learning from {len(examples):,} grades")
    classifier: Chooses = learn(examples, order.rules, embed)
    curated = _curated(read, scores, classifier)
    if not (curated.learning.figures.better or order.rules.force):
        return curated
    watcher.note(f"filtering {read.rows:,} texts")
    return _write(order, read, scores, classifier, curated, model)


def _check_places(order: CurateOrder) -> None:
    """See that something can be written before hours of grading. Raises: InputError."""
    for option, out in (("--out", order.out), ("--scores", order.scores)):
        if out in ("", STANDARD_OUTPUT):
            raise InputError(f"{option} names a file, or a URL")
        if out is not None and not scheme_of(out):
            plain_file(out)
            refuse_inside(out, order.folder)
    if order.folder.is_file():
        raise InputError(f"{order.folder}: a file\n  hint: --run names a folder")


def _embedder(order: CurateOrder) -> tuple[Callable[[], Any] | None, str]:
    """What loads the model of the hidden states, and its name; nothing for hashed features.

    Raises: MissingExtra without transformers; InputError, JudgeUnavailable without its weights.
    """
    features = order.rules.features
    if features == HASHED:
        return None, ""
    if features == JUDGE:
        spec, folder = _local(order.grading.judge)
        made = load(ADAPTERS["curate_embeddings"])
        found = find_weights(spec, folder)
        return (lambda: made(found.source, found.revision, found.gguf_file)), Path(spec.model).name
    made = load(ADAPTERS["curate_embeddings"])
    name = features.removeprefix(EMBEDDINGS)
    return (lambda: made(name)), Path(name).name


def _local(judge: Judge | None) -> tuple[TransformersJudge, Path | None]:
    if judge is not None and isinstance(judge.spec, TransformersJudge):
        return judge.spec, judge.folder
    raise InputError(
        "--features judge takes the hidden states of a judge that transformers runs here\n"
        "  hint: --features embeddings:MODEL with a folder, or an id of the hub"
    )


def _curated(read: Surveyed, scores: Scores, classifier: Chooses) -> Curated:
    return Curated(
        survey=Survey(read.rows, read.duplicates, len(read.drawn)),
        graded=len(scores.by_key),
        failed=scores.failed,
        without_score=scores.without_score,
        learning=classifier.learning,
    )


def _write(
    order: CurateOrder,
    read: Surveyed,
    scores: Scores,
    classifier: Chooses,
    curated: Curated,
    model: str,
) -> Curated:
    """Write the kept rows, their card, and what is asked for besides."""
    by_key, only = scores.by_key, order.rules.classifier_only
    choosing = Choosing(classifier, by_key, read.duplicate, only)
    making = Making(
        file=name_of(order.out),
        texts=name_of(told(order.texts)),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        version=version("rlaif"),
        model=model,
    )
    origin = origin_of(order.folder, open_run(order.folder).manifest)

    def done() -> Curated:
        chosen = choosing.chosen
        return replace(
            curated,
            kept=chosen.kept,
            kept_by_grade=chosen.kept_by_grade,
            left_by_grade=chosen.left_by_grade,
            mean_probability=chosen.means.of().get("probability"),
        )

    paths = write_rows_and_card(
        choosing.kept(unchanged(order.rows(), read), order.scores),
        Columns({}),
        order.out,
        "jsonl",
        lambda: card_text(origin, making, order.rules, done()),
    )
    more = () if order.scores is None else (order.scores,)
    return replace(done(), paths=(*paths, *more))
