"""Programs that answer a criterion without a judge."""
