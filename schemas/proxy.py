"""Proxy runs, as the plan that trains them exchanges them."""

import pyarrow as pa

from crawlsieve.schemas.column import column

PROXY_RUN = pa.schema(
    [
        column("path", pa.string(), "what messages call it: `run` and its index"),
        column("number", pa.int32(), "its row in the design"),
        column("key", pa.string(), "of everything that decides its losses: the name of its file"),
        column("weights", pa.list_(pa.float64()), "of each domain of the design, with the sum 1"),
    ]
)
"""The source: one row a run."""

PROXY_DONE = pa.schema(
    [
        column("number", pa.int32(), "the run's row in the design"),
        column(
            "mean",
            pa.float64(),
            "of the domains' validation losses, null if it diverged",
            unit="nats a byte",
            nullable=True,
        ),
        column("seconds", pa.float64(), "that it took", unit="s"),
        column("tokens", pa.int64(), "that it was trained on", unit="tokens"),
    ]
)
"""A run that is done. Its losses stand in its file."""

PROXY_DOMAIN = pa.schema(
    [
        column("path", pa.string(), "what messages call it: `domain` and its name"),
        column("domain", pa.string(), "its name"),
        column("key", pa.string(), "of everything that decides its counts: the name of its file"),
    ]
)
"""The source of the plan that counts n-grams: one row a domain of the design."""

PROXY_COUNTED = pa.schema(
    [
        column("domain", pa.string(), "its name"),
        column("seconds", pa.float64(), "that it took", unit="s"),
    ]
)
"""A domain that is counted. Its counts stand in its file."""

PROXY_RUNS = pa.schema(
    [
        column("index", pa.string(), "the run's, as the design names it"),
        column("status", pa.string(), "done, or diverged: its loss was no finite number at some step"),
        column(
            "mean",
            pa.float64(),
            "of the domains' validation losses, null if it diverged",
            unit="nats a byte",
            nullable=True,
        ),
        column("tokens", pa.int64(), "that it was trained on", unit="tokens"),
        column("seconds", pa.float64(), "that it took", unit="s"),
        column("epochs", pa.map_(pa.string(), pa.float64()), "how often each domain of the design was read"),
        column(
            "looks",
            pa.list_(
                pa.struct(
                    [
                        column("step", pa.int64(), "after which it was"),
                        column("train_loss", pa.float64(), "of that step's batch", unit="nats a token"),
                        column("losses", pa.list_(pa.float64()), "by domain, in order of name", unit="nats a byte"),
                    ]
                )
            ),
            "losses on the way; the n-gram proxy has none",
        ),
    ]
)
"""`runs.parquet`: every run of a design."""
