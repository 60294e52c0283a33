"""What each trainer calls, by duck type: no trainer is imported."""
