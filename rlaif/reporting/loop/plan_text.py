"""What a loop would do, for a dry run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.reporting.text import in_a_line


@dataclass(frozen=True, slots=True)
class Plan:
    """A loop before it is begun."""

    title: str
    facts: Sequence[tuple[str, str]]
    stages: Sequence[str]
    """Of a round, in their order."""
    rounds: int
    trained: int
    """Completions that a round trains on; 0 where the trainer writes its own."""
    evaluated: int
    """Held-out completions of a round, round 0 included."""
    graders: int
    """Rubrics and judges that grade them."""


def plan_text(plan: Plan) -> str:
    """The plan in lines."""
    width = max(len(name) for name, _ in plan.facts)
    lines = [in_a_line(plan.title)]
    lines += [f"  {name:<{width}}  {in_a_line(value)}" for name, value in plan.facts]
    written = plan.rounds * plan.trained + (plan.rounds + 1) * plan.evaluated
    lines.append(
        f"Round 0 looks at the policy as it is; then at most {plan.rounds:,} times: "
        f"{', '.join(plan.stages)}"
    )
    own = "" if plan.trained else ", besides those that the trainer writes by itself"
    lines.append(f"At most {written:,} completions{own}")
    lines.append(
        f"Of them {(plan.rounds + 1) * plan.evaluated:,} are held out, each graded by "
        f"{plan.graders:,} (the training rubric and the panel)"
    )
    return "\n".join(lines)
