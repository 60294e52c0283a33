"""Corrections as files: our own JSON lines, and the forms of other tools."""
