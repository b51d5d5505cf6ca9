"""Mixtures: how much of each domain a model sees, and the dataset that gives it just that."""
