"""The report of a loop: its rounds, its panel, and why it stopped."""
