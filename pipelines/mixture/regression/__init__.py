"""Losses of proxy runs as a function of their mixture."""
