"""A second round after `mixture_end_to_end.py`: more mixtures round its recommendation, fitted with those of the first.

The first design has corners; what is best lies between them. Prints Markdown, with the same seeds as the first round.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from mixture_end_to_end import DATA, HERE, checked, finals, fitted, recommended, say, weights_table
from near_tables import table

from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.mixture.design.design import Sampling, sample_mixtures
from crawlsieve.pipelines.mixture.proxy.command import LOSSES, MIXTURES, Wanted, train_design
from crawlsieve.pipelines.mixture.regression.tables import read_table, write_table

SAMPLING = Sampling(temperature=1.0, strengths=(10.0, 60.0, 8), most=np.inf)
"""Near the centre: with a strength of 20, a weight of 0.1 has a standard deviation of 0.065."""
SEED = 2


def main() -> None:
    """Train, join, fit, recommend, train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=14)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--work", type=Path, default=HERE / "work" / "mixture")
    given = parser.parse_args()
    work, workers = given.work, LocalOptions(workers=2)
    first = json.loads((work / "weights.json").read_text(encoding="utf-8"))
    names = tuple(first["natural"])
    known = {name: np.array([weights[one] for one in names]) for name, weights in first.items()}

    centre = (known["natural"] + known["recommended"]) / 2
    drawn = sample_mixtures(centre, given.runs, SEED, SAMPLING)
    more = np.vstack([drawn, known["natural"], known["uniform"]])
    write_table(work / "design-2.csv", range(1001, 1001 + len(more)), names, more)
    wanted = Wanted(str(work / "design-2.csv"), (str(DATA),), str(work / "second"), steps=given.steps)
    train_design(wanted, workers, say)
    (work / "joined").mkdir(exist_ok=True)
    for name in (MIXTURES, LOSSES):
        parts = [read_table(str(work / folder / name)) for folder in ("transformer", "second")]
        index = [one for part in parts for one in part.index]
        write_table(work / "joined" / name, index, parts[0].columns, np.vstack([part.values for part in parts]))
    fit = fitted(work / "joined")
    table(["proxy", "regressor", "Spearman", "low", "high", "best domain alone"], [checked("transformer", fit)], 2)
    mixtures = {
        "natural": known["natural"],
        "uniform": known["uniform"],
        "best run": fit.runs.weights[fit.best_run],
        "recommended": recommended(fit, known["natural"]),
        "recommended before": known["recommended"],
    }
    weights_table(names, mixtures)
    finals(given.seeds, replace(wanted, output=str(work / "finals")), workers, mixtures)


if __name__ == "__main__":
    main()
