"""The state of a review: one SQLite file with copies of all that its pages show."""
