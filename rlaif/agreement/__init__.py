"""Judge against people: statistics, calibration, and which sample to label next. Pure numbers."""
