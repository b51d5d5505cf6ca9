"""A recommendation as YAML that trainers and `mix apply` read, and as a table for people."""

from pathlib import Path

import numpy as np
import yaml
from rich.table import Table as Shown
from rich.text import Text

from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.mixture.recommendation.loss_curve import loss_curve
from crawlsieve.pipelines.mixture.recommendation.recommend import Candidate, Recommendation
from crawlsieve.pipelines.mixture.regression.calibration import NORMAL
from crawlsieve.pipelines.mixture.regression.crossval import BASELINE, best_domain
from crawlsieve.pipelines.mixture.regression.fit import Fit
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.pipelines.printable import printable
from crawlsieve.stages.files import writing

DECIMALS = 6
"""Of weights in the file."""


def rounded(weights: Floats, caps: Floats) -> list[float]:
    """Weights of DECIMALS that sum to exactly 1 and stay below the caps: down, then the largest rests get one unit."""
    unit = 10**DECIMALS
    units = np.floor(weights * unit + 1e-9).astype(np.int64)
    rest = weights * unit - units
    room = units + 1 <= caps * unit + 1e-6
    first = np.argsort(np.where(room, -rest, np.inf), kind="stable")
    lacking = unit - int(units.sum())
    units[first[:lacking]] += 1
    return [int(one) / unit for one in units]


def write_weights(fit: Fit, found: Recommendation, path: Path) -> None:
    """Write `weights`, and below them where they come from and how sure they are."""
    domains, taken = fit.runs.domains, found.taken
    caps = np.ones(len(domains)) if found.budget is None else found.budget.caps
    run = fit.best_run
    told = {
        "weights": dict(zip(domains, rounded(taken.weights, caps), strict=True)),
        "objective": fit.objective.said,
        "regressor": fit.regressor,
        "how": taken.how,
        "expected_loss": _candidate(taken),
        "best_run_observed": {"index": fit.runs.index[run], "loss": _short(fit.loss[run])},
        "nearest_run": {
            "index": fit.runs.index[found.coverage.run],
            "hellinger_distance": _short(found.coverage.distance),
            "covered_up_to": _short(found.coverage.bound),
        },
        "rank_correlation": {
            "spearman": _short(fit.check.spearman),
            "interval_95": [_short(fit.check.low), _short(fit.check.high)],
        },
        "interval_95_bootstrap": _pairs(domains, found.bootstrap),
        **({} if found.posterior is None else {"interval_95_posterior": _pairs(domains, found.posterior)}),
        "other_candidates": [
            {"how": one.how, "expected_loss": _candidate(one), "weights": _by(domains, one.weights)}
            for one in found.others
        ],
        **({} if found.budget is None else {"repetition": _repetition(domains, found)}),
        "warnings": list(found.warnings),
    }
    with writing(str(path)) as file:
        file.write(yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120).encode())


def weights_table(fit: Fit, found: Recommendation) -> Shown:
    """Domain, weight, intervals, prior; with a budget, epochs and what the tokens are worth."""
    table = Shown(box=None, pad_edge=False, header_style="bold")
    heads = ["domain", "weight", "bootstrap 95 %", "posterior 95 %", "prior", "epochs", "worth"]
    posterior, budget, weights = found.posterior, found.budget, found.taken.weights
    shown = [True, True, True, posterior is not None, True, budget is not None, budget is not None]
    for head, show in zip(heads, shown, strict=True):
        if show:
            table.add_column(head, justify="left" if head == "domain" else "right", no_wrap=True)
    epochs = np.zeros_like(weights) if budget is None else budget.epochs(weights)
    effective = np.zeros_like(weights) if budget is None else budget.effective(weights)
    for row in np.argsort(-weights, kind="stable"):
        cells: list[str | Text] = [
            cell(fit.runs.domains[row]),
            f"{weights[row]:.4f}",
            _range(found.bootstrap[:, row]),
            "" if posterior is None else _range(posterior[:, row]),
            f"{found.prior[row]:.4f}",
            f"{epochs[row]:.2f}",
            f"{effective[row]:,.0f}",
        ]
        table.add_row(*(cell for cell, show in zip(cells, shown, strict=True) if show))
    return table


def checks_text(fit: Fit) -> str:
    """What the cross-validation found, the best run, and what is to be noted."""
    lines = [f"{'':14}rank correlation        correlation  error (rms)"]
    for check in fit.checks:
        mark = "*" if check.name == fit.regressor else " "
        span = f"{check.spearman:.4f} ({check.low:.4f} to {check.high:.4f})"
        lines.append(f"{mark} {check.name:12}{span:24}{check.pearson:11.4f}{check.rmse:13.4f}")
    domain = fit.runs.domains[best_domain(fit.runs.weights, fit.loss)]
    best = fit.best_run
    lines += [
        f"{len(fit.runs.index)} runs, objective {fit.objective.said}. *: taken. Means over folds, 95 % intervals.",
        f"{BASELINE}: rank by the weight of one domain; on all runs that is {domain}.",
        f"Best run observed: {fit.runs.index[best]}, loss {fit.loss[best]:.4f}.",
    ]
    return "".join(f"{printable(line)}\n" for line in [*lines, *(f"Note: {note}." for note in fit.notes)])


def recommended_text(fit: Fit, found: Recommendation) -> str:
    """Expected losses of the candidates, of the best run, and what the tokens are worth."""
    lines = []
    for one, taken in ((found.taken, "recommended"), *((other, "other") for other in found.others)):
        ends = _ends(one)
        span = "" if ends is None else f" (95 % of runs: {ends[0]:.4f} to {ends[1]:.4f})"
        lines.append(f"{taken}, {one.how}: expected loss {one.expected:.4f}{span}")
    best = fit.best_run
    lines.append(f"best run observed, {fit.runs.index[best]}: loss {fit.loss[best]:.4f}")
    if found.budget is not None:
        worth = found.budget.effective(found.taken.weights).sum()
        lines.append(f"{found.budget.tokens:,.0f} tokens are worth {worth:,.0f} that are all different")
    return "".join(f"{printable(line)}\n" for line in lines)


def _repetition(domains: tuple[str, ...], found: Recommendation) -> dict[str, object]:
    budget, weights = found.budget, found.taken.weights
    assert budget is not None  # noqa: S101 - for the type checker
    effective, curve = budget.effective(weights), loss_curve(budget, weights)
    repeated, new = curve.at_budget
    return {
        "tokens": float(budget.tokens),
        "max_epochs": float(budget.max_epochs),
        "effective_tokens": float(round(effective.sum())),
        "parameters": float(round(curve.parameters)),
        "loss_by_the_law": {"repeated": _short(repeated), "if_all_were_new": _short(new)},
        "epochs": _by(domains, budget.epochs(weights)),
    }


def _candidate(one: Candidate) -> dict[str, object]:
    ends = _ends(one)
    return {
        "mean": _short(one.expected),
        "standard_deviation": None if one.spread is None else _short(one.spread),
        "interval_95": None if ends is None else [_short(end) for end in ends],
    }


def _ends(one: Candidate) -> tuple[float, float] | None:
    """Between which 95 % of runs of this mixture should have their losses."""
    if one.spread is None:
        return None
    return one.expected - NORMAL * one.spread, one.expected + NORMAL * one.spread


def _pairs(domains: tuple[str, ...], ends: Floats) -> dict[str, list[float]]:
    return {domain: [_short(low), _short(high)] for domain, low, high in zip(domains, *ends, strict=True)}


def _by(domains: tuple[str, ...], values: Floats) -> dict[str, float]:
    return {domain: _short(value) for domain, value in zip(domains, values, strict=True)}


def _short(value: float) -> float:
    return round(float(value), DECIMALS)


def _range(ends: Floats) -> str:
    return f"{ends[0]:.4f} to {ends[1]:.4f}"
