"""Errors that a user can act on. The command line prints their message, without a stack trace, and exits with 1."""


class CrawlsieveError(Exception):
    """A clear message: where, what, and the nearest right answer. Never the text of a document."""


class RecipeError(CrawlsieveError):
    """The recipe, or a file that it names, is wrong. Raised before the first shard is read."""


class SourceError(CrawlsieveError):
    """An input cannot be listed or read, after all retries."""


class UnreachableError(SourceError):
    """An input cannot be fetched, for good or after all retries. What the recipe says under `on_unreachable` holds."""


class MissingError(UnreachableError):
    """There is no such input."""


class BalanceError(CrawlsieveError):
    """Records went in that did not come out: the totals do not balance."""
