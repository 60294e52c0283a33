"""The review app: experts at the samples of a run, in a browser. Pages and forms, no state."""
