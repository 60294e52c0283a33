"""Backends: what runs a judge's model. They know nothing of rubrics or scores."""
