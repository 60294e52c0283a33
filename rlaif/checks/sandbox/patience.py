"""How long the trusted side waits, and what it takes for slow."""

READY_S = 60.0
"""A fork server that is not ready after so long is given up."""

START_S = 20.0
"""A process that says nothing for so long was not started as it should be: the fault is ours."""

SILENT_S = 20.0
"""A fork server that does not report the end of a killed process for so long is taken for dead."""

LITTLE = 0.8
"""Of the time that has passed: code that computed for less was kept waiting, or slept."""
