"""What an audit of a judge found: for a terminal, and as a page."""
