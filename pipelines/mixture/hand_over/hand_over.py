"""Syntax of weights, trainer by trainer. Each says which public file it was checked against.

Domains of weight 0 are left out: Megatron refuses them, and for the others they only cost files to open. All trainers
here draw sequences of equal length, so that a share of sequences is a share of tokens; MosaicML draws samples, which
are sequences only if the shards were made so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed

MOST_DATASETS = 32_766
"""Megatron counts the datasets of a blend in 16 bits (`megatron/core/datasets/blended_dataset.py`)."""


@dataclass(frozen=True)
class Stream:
    """A domain, its weight, and where its data are, if the user said so."""

    domain: str
    weight: Decimal
    path: str | None = None

    def at(self, otherwise: str) -> str:
        """Where its data are; the text with `{}` for the domain, if the user did not say."""
        return self.path if self.path is not None else otherwise.format(self.domain)


def regmix(streams: Sequence[Stream]) -> str:
    """`train: {prefix: weight}` and `valid: {prefix: 1.0}`, in which prefixes are beginnings of file names.

    Source: sail-sg/regmix, `model_training/pretrain/tinyllama.py` at 0529f0d: a prefix stands for every file that
    `glob(prefix + "*")` finds, so none may begin with another; both keys have to be there.
    """
    names = [stream.at("train_{}") for stream in streams]
    _distinct(names)
    train = {stream.at("train_{}"): float(stream.weight) for stream in _used(streams)}
    for prefix in names:  # those without a weight too: their files would be trained on, or validated, as another's
        longer = [other for other in names if other != prefix and other.startswith(prefix)]
        if longer:
            raise MixtureError(
                f"RegMix finds files by their beginning, and those of '{longer[0]}' begin with '{prefix}' too: "
                f"give one of them another prefix, --paths {prefix.removeprefix('train_')}=..."
            )
        if any(mark in prefix for mark in "*?["):
            raise MixtureError(f"RegMix would take '{prefix}' for a pattern of file names. Give --paths.")
    valid = {f"valid_{name.removeprefix('train_')}": 1.0 for name in names}
    return _yaml({"train": train, "valid": valid})


def megatron(streams: Sequence[Stream]) -> str:
    """`weight prefix` a line: the file of --data-args-path; `--data-path $(cat FILE)` is the same.

    Source: NVIDIA/Megatron-LM, `megatron/core/datasets/utils.py` at 00caa53 (`get_blend_from_list`) and
    `megatron/training/utils.py` (the file is split at white space); weights have to be above 0. Prefixes are those of
    `tools/preprocess_data.py`, without .bin and .idx.
    """
    used = _used(streams)
    prefixes = [stream.at("{}_text_document") for stream in used]
    _distinct(prefixes)
    broken = [prefix for prefix in prefixes if not prefix or len(prefix.split()) != 1 or prefix != prefix.strip()]
    if broken:
        raise MixtureError(f"Megatron splits its list at white space; {broken[0]!r} has some. Give --paths without.")
    if len(used) > MOST_DATASETS:
        raise MixtureError(f"{len(used):,} domains have a weight; Megatron blends {MOST_DATASETS:,} at most.")
    return "".join(f"{stream.weight:f} {prefix}\n" for stream, prefix in zip(used, prefixes, strict=True))


def nanotron(streams: Sequence[Stream]) -> str:
    """A stage of data whose `dataset_folder` and `dataset_weights` are lists of one order.

    Source: huggingface/nanotron, `src/nanotron/config/config.py` at 00708b8 (NanosetDatasetsArgs, DatasetStageArgs).
    """
    used = _used(streams)
    folders = [stream.at("{}") for stream in used]
    _distinct(folders)
    dataset = {"dataset_folder": folders, "dataset_weights": [float(stream.weight) for stream in used]}
    data = {"dataset": dataset, "num_loading_workers": 1, "seed": 42}
    return _yaml({"data_stages": [{"name": "mixture", "start_training_step": 1, "data": data}]})


def mosaicml(streams: Sequence[Stream]) -> str:
    """`streams`, each with `local` or `remote`, and its `proportion` of the samples.

    Source: mosaicml/llm-foundry, `llmfoundry/data/text_data.py` at 00ef82a (`streams` by name, each to
    `Stream(**stream)`); mosaicml/streaming 0.13, `streaming/base/stream.py` (`proportion` is of samples).
    """
    found: dict[str, dict[str, object]] = {}
    for stream in _used(streams):
        place = stream.at("{}")
        cache = {"remote": place, "local": f"streams/{stream.domain}"}
        where = cache if "://" in place else {"local": place}
        found[stream.domain] = {**where, "proportion": float(stream.weight)}
    _distinct([str(one.get("remote", one["local"])) for one in found.values()])
    return _yaml({"train_loader": {"name": "text", "dataset": {"streams": found, "shuffle": True}}})


def levanter(streams: Sequence[Stream]) -> str:
    """`components` of sources and `train_weights` of the same names.

    Source: marin-community/marin, `lib/levanter/src/levanter/data/text/datasets.py` at 00643f7 (LmDataConfig) and
    `lib/levanter/config/data/rpv1_llama.yaml` at d2ec94b.
    """
    used = _used(streams)
    components = {
        stream.domain: {"source": {"type": "url", "train_urls": [stream.at("{}/*.parquet")]}} for stream in used
    }
    return _levanter(used, {"components": components})


def levanter_configs(streams: Sequence[Stream]) -> str:
    """The same before Levanter moved to marin: `configs`.

    Source: stanford-crfm/levanter, `config/data/pile_mixture.yaml` at 415158a.
    """
    used = _used(streams)
    return _levanter(used, {"configs": {stream.domain: {"train_urls": [stream.at("{}/*.parquet")]} for stream in used}})


def _levanter(used: Sequence[Stream], sources: dict[str, Any]) -> str:
    _distinct([stream.at("{}") for stream in used])
    weights = {stream.domain: float(stream.weight) for stream in used}
    return _yaml({"data": {"cache_dir": "cache/", **sources, "train_weights": weights}})


FORMATS: dict[str, Callable[[Sequence[Stream]], str]] = {
    "regmix": regmix,
    "megatron": megatron,
    "nanotron": nanotron,
    "mosaicml": mosaicml,
    "levanter": levanter,
    "levanter-configs": levanter_configs,
}


def _used(streams: Sequence[Stream]) -> list[Stream]:
    return [stream for stream in streams if stream.weight > 0]


def _distinct(places: Sequence[str]) -> None:
    """Two domains at one place would be one data set of both weights.

    Raises:
        MixtureError: there are two.
    """
    twice = [place for place in dict.fromkeys(places) if places.count(place) > 1]
    if twice:
        raise MixtureError(f"Two domains have their data at one place: {listed(twice)}.")


def _yaml(told: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)
    return text
