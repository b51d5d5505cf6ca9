"""Reading sources: WARC, ARC, WET, JSONL and Parquet, from anywhere, every record accounted for."""

from crawlsieve.stages.read.reading import Reading, hash_input, open_input
from crawlsieve.stages.read.source import Input, Source, Tally
from crawlsieve.stages.read.survey import survey

__all__ = ["Input", "Reading", "Source", "Tally", "hash_input", "open_input", "survey"]
