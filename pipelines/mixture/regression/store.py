"""A fit as a folder: JSON, npz, LightGBM's own text, and the runs as Parquet. Nothing in it can run code."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from crawlsieve import __version__
from crawlsieve.pipelines.mixture.regression.fit import Check, Fit
from crawlsieve.pipelines.mixture.regression.objective import Objective
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Fitted, Plain
from crawlsieve.pipelines.mixture.regression.runs import Runs
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed, read_table, write_table
from crawlsieve.stages.files import writing

FORMAT = 2
HEAD, PICTURE = "fit.json", "predicted"
"""Written last: a folder without it is no fit."""
MIXTURES, LOSSES, ARRAYS, MODELS = "mixtures.parquet", "losses.parquet", "models.npz", "models"


def claim(folder: Path) -> None:
    """See, before anything takes time, that a fit may be written there: nowhere, or where an older one is or was begun.

    Raises:
        MixtureError: it is a file, or has something else in it.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise MixtureError(f"{folder} is a file. A fit is a folder: name another one.")
    ours = {HEAD, MIXTURES, LOSSES, ARRAYS, MODELS, f"{PICTURE}.png", f"{PICTURE}.svg"}
    other = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    if other and not (folder / HEAD).exists():
        raise MixtureError(f"{folder} has files in it, and is no fit ({listed(other)}). Name another folder.")


def save(fit: Fit, folder: Path) -> None:
    """Write it."""
    claim(folder)
    (folder / MODELS).mkdir(parents=True, exist_ok=True)
    (folder / HEAD).unlink(missing_ok=True)
    for old in (folder / MODELS).glob("*.txt"):
        old.unlink()
    runs = fit.runs
    write_table(folder / MIXTURES, runs.index, runs.domains, runs.weights)
    write_table(folder / LOSSES, runs.index, runs.metrics, runs.losses)
    arrays, models = {"predicted": fit.predicted, "objective": fit.objective.shares}, []
    for number, (metric, model) in enumerate(zip(runs.metrics, fit.models, strict=True)):
        plain = model.plain()
        arrays |= {f"{number}/{name}": value for name, value in plain.arrays.items()}
        models.append({"metric": metric, "numbers": plain.numbers})
        if plain.text:
            (folder / MODELS / f"{number}.txt").write_text(plain.text, encoding="utf-8")
    np.savez_compressed(folder / ARRAYS, **arrays)  # type: ignore[arg-type]  # numpy's stub takes names for options
    head = {
        "format": FORMAT,
        "crawlsieve": __version__,
        "regressor": fit.regressor,
        "objective": fit.objective.said,
        "seed": fit.seed,
        "extra_spread": fit.extra_spread,
        "runs": len(runs.index),
        "checks": [asdict(check) for check in fit.checks],
        "notes": fit.notes,
        "models": models,
    }
    with writing(str(folder / HEAD)) as file:
        file.write(json.dumps(head, indent=2, ensure_ascii=False).encode() + b"\n")


def load(folder: Path) -> Fit:
    """Read what `save` wrote; predictions are equal.

    Raises:
        MixtureError: the folder holds no fit, or one of another version.
    """
    if not (folder / HEAD).is_file():
        raise MixtureError(
            f"{folder} holds no fit: there is no {HEAD}. `crawlsieve mix fit --output {folder}` makes one."
        )
    head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    if head["format"] != FORMAT:
        raise MixtureError(f"{folder} is a fit of format {head['format']}; this version reads {FORMAT}. Fit it again.")
    mixtures, losses = read_table(str(folder / MIXTURES)), read_table(str(folder / LOSSES))
    runs = Runs(mixtures.index, mixtures.columns, mixtures.values, losses.columns, losses.values)
    regressor = REGRESSORS[head["regressor"]]
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        models: list[Fitted] = []
        for number, model in enumerate(head["models"]):
            own = {name.partition("/")[2]: arrays[name] for name in arrays if name.startswith(f"{number}/")}
            text = folder / MODELS / f"{number}.txt"
            plain = Plain(model["numbers"], own, text.read_text(encoding="utf-8") if text.exists() else "")
            models.append(regressor.of_plain(plain))
        objective = Objective(head["objective"], arrays["objective"])
        predicted = arrays["predicted"]
    checks = tuple(Check(**check) for check in head["checks"])
    return Fit(
        runs,
        objective,
        head["regressor"],
        head["seed"],
        tuple(models),
        checks,
        predicted,
        head["extra_spread"],
        tuple(head["notes"]),
    )
