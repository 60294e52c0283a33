"""A cheap classifier that learns from grades which texts are worth keeping."""
