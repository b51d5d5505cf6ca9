"""Keys to decisions. No I/O, no engine, no clock, no random state."""
