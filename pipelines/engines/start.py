"""The engine that somebody asked for. Beam and Ray are imported by those who use them."""

from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec

from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.choice import cores
from crawlsieve.pipelines.engines.engine import Engine
from crawlsieve.pipelines.engines.options import BeamOptions, EngineOptions, LocalOptions
from crawlsieve.stages.errors import CrawlsieveError


def started(options: EngineOptions, work: str, name: str) -> AbstractContextManager[Engine]:
    """The engine, for the length of a block.

    Args:
        options: which, and how.
        work: the work folder of the run, any address that fsspec knows.
        name: of the run; what the engine's jobs begin with.

    Raises:
        CrawlsieveError: it is not installed, or cannot be reached.
    """
    if isinstance(options, LocalOptions):
        return local.started(options.workers or cores(), work)
    extra, module = ("beam", "apache_beam") if isinstance(options, BeamOptions) else ("ray", "ray")
    if find_spec(module) is None:
        raise CrawlsieveError(
            f"--engine {extra} needs a package that is not installed: pip install 'crawlsieve[{extra}]'"
        )
    engine = import_module(f"crawlsieve.pipelines.engines.{extra}")
    found: AbstractContextManager[Engine] = engine.started(options, work, name)
    return found
