"""Grades to rewards and to rows for training; adapters to trainers. Knows no judge."""
