"""Text with positions -> Rubric or Judge; lint, JSON Schema, shipped files. Runs nothing."""
