"""rlaif."""
