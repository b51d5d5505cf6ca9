"""crawlsieve: Common Crawl shards in, curated Parquet out, every record accounted for."""

__version__ = "0.1.0"
