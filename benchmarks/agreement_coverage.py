"""How often the 95% intervals of `rlaif agree` hold the truth, by simulation.

    python benchmarks/agreement_coverage.py [--simulations 1000] [--bootstrap 300] [--seed 1]

Samples are drawn from a world whose truth is known, a few get labels at random, and each interval
either holds the truth or does not. A row is one world: the share of simulations whose interval held
it, with its Monte Carlo error, for each estimate. What should hold: 93% to 97%, wherever there are
20 labelled prompts or more and 10 labels or more of the rarer answer. More than 97% is an interval
that is wider than it need be; less than 93% one that promises too much.

Completions of one prompt are alike: each prompt has a pass rate, a sensitivity and a specificity of
its own, drawn from beta distributions with the intra-class correlation ICC. Labels go to single
samples, or to all samples of some prompts. Coverage of a corrected estimate is taken over the
simulations in which it was not refused, and the share that was refused is beside it.
"""

# mypy: disable-error-code="import-not-found"
# the neighbour is found when this is run

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from agreement_worlds import Drawn, World, agreement_worlds, draw, worlds

from rlaif.agreement.estimates import mean_score, pass_rate
from rlaif.agreement.rated import Rated
from rlaif.records.agreement import Figure

RESAMPLES = 400
"""Of each bootstrap."""


def corrected(world: World, drawn: Drawn) -> Mapping[str, Figure]:
    """The corrected estimates of one draw."""
    estimate = mean_score if world.graded else pass_rate
    found = estimate("", *drawn.columns())
    names = ("ppi", "labelled") if world.graded else ("ppi", "rogan_gladen", "labelled", "judged")
    return {name: getattr(found, name) for name in names}


def agreeing(world: World, drawn: Drawn, seed: int) -> Mapping[str, Figure]:
    """Accuracy and kappa of one draw, with the intervals of the bootstrap over prompts."""
    from rlaif.agreement.measures import measure

    ours = drawn.labelled
    judge = drawn.judge[ours].astype(int)
    rows = len(judge)
    rated = Rated(
        criterion="simulated",
        categories=("no", "yes"),
        ordinal=True,
        worth=(0.0, 1.0),
        cluster=drawn.cluster[ours],
        sample=np.arange(rows),
        annotator=np.zeros(rows, int),
        human=drawn.human[ours].astype(int),
        judge=judge,
        shares=np.eye(2)[judge],
        label_mass=np.ones(rows),
        length=np.full(rows, 100),
        score_value=drawn.judge[ours],
        human_value=drawn.human[ours],
    )
    found = measure(rated, resamples=RESAMPLES, seed=seed).figures
    return {name: found[name] for name in ("accuracy", "kappa")}


@dataclass
class Tally:
    """What became of one estimate in one world."""

    told: int = 0
    refused: int = 0
    held: int = 0
    width: float = 0.0

    def take(self, figure: Figure, truth: float) -> None:
        """One more simulation."""
        if figure.low is None or figure.high is None:
            self.refused += 1
            return
        self.told += 1
        self.held += figure.low - 1e-12 <= truth <= figure.high + 1e-12
        self.width += figure.high - figure.low

    @property
    def coverage(self) -> float:
        """Share of the intervals that held the truth; NaN where there were none."""
        return self.held / self.told if self.told else float("nan")

    @property
    def error(self) -> float:
        """The Monte Carlo error of `coverage`, one standard deviation."""
        return sqrt(self.coverage * (1 - self.coverage) / self.told) if self.told else float("nan")


def simulate(world: World, simulations: int, seed: int, bootstrap: bool) -> dict[str, Tally]:
    """Every estimate of one world, over so many draws."""
    rng = np.random.default_rng(seed)
    tallies: dict[str, Tally] = {}
    for number in range(simulations):
        drawn = draw(world, rng)
        found = agreeing(world, drawn, number) if bootstrap else corrected(world, drawn)
        for name, figure in found.items():
            tallies.setdefault(name, Tally()).take(figure, world.truths[name])
    return tallies


def rows_of(found: Mapping[str, Tally], names: Iterable[str]) -> Iterator[str]:
    """A cell an estimate: coverage, its error, the mean width, and how often it was refused."""
    for name in names:
        tally = found.get(name)
        if tally is None or not tally.told:
            yield "refused" if tally else ""
            continue
        refused = tally.refused / (tally.told + tally.refused)
        more = f", refused {refused:.0%}" if refused >= 0.005 else ""
        width = tally.width / tally.told
        yield f"{tally.coverage:.1%} ± {tally.error:.1%} ({width:.3f}{more})"


def table(
    title: str, given: Iterable[World], names: tuple[str, ...], simulations: int, seed: int
) -> None:
    """Print one table of Markdown, a world a row, as they are done."""
    print(f"\n{title}: {simulations} simulations a row. Coverage ± error (mean width).\n")
    print(f"| labels | prevalence | judge | samples | {' | '.join(names)} |")
    print("|" + "---|" * (4 + len(names)))
    bootstrap = "kappa" in names
    for world in given:
        found = simulate(world, simulations, seed, bootstrap)
        print(f"| {world.told} | {' | '.join(rows_of(found, names))} |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--bootstrap", type=int, default=300, help="of accuracy and kappa; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.perf_counter()
    names = ("ppi", "rogan_gladen", "labelled", "judged")
    table("Corrected estimates", worlds(), names, given.simulations, given.seed)
    if given.bootstrap:
        both = ("accuracy", "kappa")
        table("Bootstrap over prompts", agreement_worlds(), both, given.bootstrap, given.seed)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
