"""Near-duplicates: keys of texts, and the passes that decide by them."""
