"""`crawlsieve mix export`: weights as a trainer reads them. The formats are in `hand_over.py`."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Literal

import yaml

from crawlsieve.pipelines.mixture.hand_over.hand_over import FORMATS, Stream
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, nearest
from crawlsieve.pipelines.mixture.weighted.weights import checked_weights, read_weights

Trainer = Literal["regmix", "megatron", "nanotron", "mosaicml", "levanter", "levanter-configs"]

DECIMALS = 12
"""Weights that do not sum to exactly 1 in decimal are rounded to so many places."""


def export(path: str, trainer: str, paths: Mapping[str, str]) -> str:
    """The text of a file for a trainer.

    Args:
        path: weights, as `weights_of` reads them.
        trainer: one of FORMATS.
        paths: domain -> where its data are for that trainer, instead of the name that its tools would give.

    Raises:
        CrawlsieveError: the weights are none, a path is of no domain, a trainer is unknown, or the trainer could not
            read a name.
    """
    if trainer not in FORMATS:
        raise MixtureError(f"--to {trainer} is none of {', '.join(FORMATS)}.{nearest(trainer, list(FORMATS))}")
    weights = exact(weights_of(path))
    unknown = [name for name in paths if name not in weights]
    if unknown:
        hint = nearest(unknown[0], list(weights))
        raise MixtureError(f"--paths: {path} has no domain {listed(unknown)}.{hint} It has: {listed(list(weights))}.")
    return FORMATS[trainer]([Stream(name, weight, paths.get(name)) for name, weight in weights.items()])


def weights_of(path: str) -> dict[str, float]:
    """Domain -> weight in the order of the file: what `mix recommend` and `mix design` write, and RegMix's YAML.

    Raises:
        CrawlsieveError: there are none, or they do not sum to 1.
    """
    if path.endswith((".yaml", ".yml")) and Path(path).is_file():
        try:
            read = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            read = None  # the next reader says what is wrong
        if isinstance(read, dict) and isinstance(read.get("train"), dict):
            try:
                return checked_weights(read["train"], path)
            except ValueError as error:
                raise MixtureError(f"{error}.") from None
    return read_weights(path)


def exact(weights: Mapping[str, float]) -> dict[str, Decimal]:
    """The weights as decimals that sum to exactly 1, in their order.

    As written, if that is so already; else divided by their sum and rounded by largest remainders, of equal ones the
    first.
    """
    written = {name: Decimal(repr(weight)) for name, weight in weights.items()}
    if sum(written.values()) == 1:
        return written
    total, whole = sum(map(Fraction, written.values())), 10**DECIMALS
    wanted = {name: Fraction(weight) * whole / total for name, weight in written.items()}
    units = {name: int(share) for name, share in wanted.items()}
    left = whole - sum(units.values())
    for name in sorted(wanted, key=lambda name: units[name] - wanted[name])[:left]:
        units[name] += 1
    return {name: Decimal(count).scaleb(-DECIMALS).normalize() for name, count in units.items()}
