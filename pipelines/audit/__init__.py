"""`crawlsieve dedup --audit`: how often near-duplicates were right, and what they missed, by exact similarity."""
