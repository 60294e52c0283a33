"""The adapters of other trainers, each wired to a rubric and a judge: what their files name."""
