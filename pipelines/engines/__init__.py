"""Engines run a Plan. Each file here is the only one that knows its engine."""
