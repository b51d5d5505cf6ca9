"""Text to numbers, and rules over numbers. No I/O, no engine, no clock, no random state."""
