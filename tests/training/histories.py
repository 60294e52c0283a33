"""Made-up histories of loops: true means a round, with noise as held-out completions have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from rlaif.records.loop_figures import ByPrompt, Measured, RoundFigures, TextFigures

PROMPTS = 24


def history(
    training: Sequence[float],
    panel: Mapping[str, Sequence[float]] | None = None,
    texts: Sequence[TextFigures] | None = None,
    noise: float = 0.1,
    seed: int = 0,
) -> list[RoundFigures]:
    """One figure a round of the training score and of each panel member.

    Each prompt has an easiness of its own, the same in all rounds, and each round its own luck with
    each prompt, of standard deviation `noise`.
    """
    random = Random(seed)  # noqa: S311 - made-up numbers
    easy = {f"p{n:02}": random.gauss(0, 0.1) for n in range(PROMPTS)}

    def drawn(mean: float) -> ByPrompt:
        return {p: mean + more + random.gauss(0, noise) for p, more in easy.items()}

    return [
        RoundFigures(
            round=place,
            model=f"model-{place}",
            training=Measured(name="training", scores=drawn(mean)),
            panel=tuple(
                Measured(name=name, scores=drawn(means[place]))
                for name, means in (panel or {}).items()
            ),
            text=texts[place] if texts else None,
        )
        for place, mean in enumerate(training)
    ]


def without(figures: RoundFigures, lost: Sequence[str], name: str = "training") -> RoundFigures:
    """The round as it is where grading by `name` failed on these prompts."""

    def less(one: Measured) -> Measured:
        kept = {p: score for p, score in one.scores.items() if p not in lost}
        return one.model_copy(update={"scores": kept}) if one.name == name else one

    panel = tuple(less(one) for one in figures.panel)
    return figures.model_copy(update={"training": less(figures.training), "panel": panel})


def texts(
    length: float = 20, repetition: float = 0.05, distinct: float = 0.9, opening: float = 0.1
) -> TextFigures:
    return TextFigures(
        length={"p": length},
        repetition={"p": repetition},
        distinct=distinct,
        opening_share=opening,
        opening="well ,",
        completions=96,
    )
