"""Samples in, the run folder, grades and answers out. Nothing here knows rubrics or judges."""
