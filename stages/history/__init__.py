"""A history index: band keys of everything published before, at rest, and the passes that ask it."""
