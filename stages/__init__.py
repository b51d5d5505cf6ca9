"""Plan, and one file per step. A step is a frozen dataclass that is called with a batch."""
