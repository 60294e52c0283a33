"""Rows of training data made of corrections; pure."""
