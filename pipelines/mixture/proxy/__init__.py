"""Proxy runs: small models trained on sampled mixtures, whose losses a surrogate is fitted to."""
