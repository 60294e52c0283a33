"""Completions of a policy: the model that is trained."""
