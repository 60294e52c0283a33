"""From a sample, a rubric and a judge to a grade."""
