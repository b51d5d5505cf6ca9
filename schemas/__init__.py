"""Every table at rest, and the batches in flight: each column with its unit and its source."""
