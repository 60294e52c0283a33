"""Frozen records: what files state and what flows between the parts. No I/O, no behaviour."""
