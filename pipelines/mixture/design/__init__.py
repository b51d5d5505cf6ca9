"""Domains, and the mixtures of them that proxies are trained on."""
