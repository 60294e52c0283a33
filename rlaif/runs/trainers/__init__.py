"""Each trainer's entry, wired to a rubric and a judge."""
