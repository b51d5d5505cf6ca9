"""The documented queries as a page shows them."""

from crawlsieve.pipelines.ask.queries import QUERIES


def queries() -> str:
    """A heading, the question and the SQL of each."""
    return "\n\n".join(
        f"### `{query.name}`\n\n{query.question}\n\n```text\n{query.sql.strip()}\n```" for query in QUERIES
    )
