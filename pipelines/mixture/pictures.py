"""Pictures of a fit and of a recommendation, as PNG and SVG. Colours are Okabe and Ito's, which all eyes tell apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crawlsieve.pipelines.mixture.picture_files import LOSS, PREDICTED, REPETITION, SUFFIXES, TITLES, WEIGHTS, picture
from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.recommendation.loss_curve import loss_curve
from crawlsieve.pipelines.mixture.recommendation.recommend import Recommendation
from crawlsieve.pipelines.mixture.recommendation.repetition import effective_tokens
from crawlsieve.pipelines.mixture.regression.fit import Fit
from crawlsieve.pipelines.printable import printable

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"
LONGEST = 40
"""Characters of a domain's name in a picture."""
LABELLED = 6
"""Domains that have their name in the picture of repetition: those seen most often, if more than once."""
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "svg.hashsalt": "crawlsieve",
    "svg.fonttype": "none",
    "path.simplify": False,  # an SVG has all points of its curves
    "text.parse_math": False,  # a domain may be called $x
    "figure.dpi": 150,
}


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Axes]:
    """Axes to draw on, which become `path`.png and `path`.svg: the same bytes for the same data."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # the stub lists its keys
        drawn = Figure(figsize=(width, height), layout="constrained")
        yield drawn.add_subplot()
        drawn.savefig(path.with_name(f"{path.name}.png"), metadata={"Software": None})
        drawn.savefig(path.with_name(f"{path.name}.svg"), metadata={"Date": None, "Creator": None})


def draw_recommendation(fit: Fit, found: Recommendation, weights: Path) -> None:
    """All pictures beside the file of weights; those that an older recommendation left there go."""
    for path in (Path(f"{picture(str(weights), kind)}{suffix}") for kind in TITLES for suffix in SUFFIXES):
        path.unlink(missing_ok=True)
    draw_weights(fit, found, Path(picture(str(weights), WEIGHTS)))
    draw_predictions(fit, Path(picture(str(weights), PREDICTED)))
    if found.budget is not None:
        draw_loss(fit, found, found.budget, Path(picture(str(weights), LOSS)))
        draw_repetition(fit, found, found.budget, Path(picture(str(weights), REPETITION)))


def draw_predictions(fit: Fit, path: Path) -> None:
    """Predicted against observed objective; each run is predicted by fits that have not seen it."""
    check, seen, predicted = fit.check, fit.loss, fit.predicted_loss
    with figure(path, 5, 5) as axes:
        both = np.concatenate([seen, predicted])
        ends = [both.min(), both.max()]
        axes.plot(ends, ends, color=GREY, linewidth=1)
        axes.scatter(seen, predicted, s=14, color=BLUE, alpha=0.5, linewidth=0)
        best = fit.best_run
        axes.scatter(seen[best], predicted[best], s=50, facecolor="none", edgecolor=ORANGE, linewidth=1.5)
        axes.annotate("best run", (seen[best], predicted[best]), (8, -10), textcoords="offset points", color=ORANGE)
        axes.set_aspect("equal")
        axes.set_xlabel("observed loss")
        axes.set_ylabel("predicted loss, by fits without the run")
        axes.set_title(
            f"{_said(fit)}, {fit.regressor}, {len(seen)} runs\n"
            f"rank correlation {check.spearman:.3f} ({check.low:.3f} to {check.high:.3f})"
        )


def draw_weights(fit: Fit, found: Recommendation, path: Path) -> None:
    """Recommended weights with their intervals, beside the prior and the best run."""
    weights = found.taken.weights
    order = np.argsort(weights, kind="stable")
    rows = np.arange(len(order))
    with figure(path, 7, 1.6 + 0.32 * len(order)) as axes:
        axes.barh(rows, weights[order], 0.7, color=BLUE, alpha=0.35, label="recommended")
        intervals = [("bootstrap 95 %", found.bootstrap, BLUE, 0.12), ("posterior 95 %", found.posterior, GREEN, -0.12)]
        for name, ends, colour, shift in intervals:
            if ends is not None:
                axes.hlines(rows + shift, *ends[:, order], color=colour, linewidth=2, label=name)
        axes.plot(found.prior[order], rows, "|", color="black", markersize=10, label="prior")
        axes.plot(
            fit.runs.weights[fit.best_run][order], rows, "o", color=ORANGE, markersize=4, label="best run observed"
        )
        axes.set_yticks(rows, short_names([fit.runs.domains[row] for row in order]))
        axes.set_xlim(left=0)
        axes.set_xlabel("weight")
        axes.set_title(f"{_said(fit)}: expected loss {found.taken.expected:.3f}, best run {fit.loss[fit.best_run]:.3f}")
        axes.legend(frameon=False, loc="lower right")


def draw_loss(fit: Fit, found: Recommendation, budget: Budget, path: Path) -> None:
    """Loss by the data-constrained law over the tokens that are trained on, and over epochs of what is seen most."""
    curve = loss_curve(budget, found.taken.weights)
    name, each = short_names(list(fit.runs.domains))[curve.most_seen], float(curve.epochs[0] / curve.tokens[0])
    repeated, new = curve.at_budget
    with figure(path, 6, 4) as axes:
        axes.plot(curve.tokens, curve.new, color=GREY, linestyle=":", gid="loss-new", label="as if all were new")
        axes.plot(curve.tokens, curve.loss, color=BLUE, gid="loss-repeated", label="data-constrained law")
        axes.plot([budget.tokens], [repeated], "o", color="black", markersize=5, label=f"budget: {repeated:.3f}")
        end = budget.max_epochs / each
        if curve.tokens[0] < end < curve.tokens[-1]:
            axes.axvline(end, color=ORANGE, linewidth=1, label=f"{budget.max_epochs:g} epochs of {name}")
        above = axes.twiny()
        above.set_xlabel(f"epochs of {name}, which is seen most often", fontsize=9)
        for side, factor in ((axes, 1.0), (above, each)):
            side.set_xscale("log")
            side.set_xlim(factor * curve.tokens[0], factor * curve.tokens[-1])
            side.xaxis.set_major_formatter(lambda value, _: short_number(value))
            side.xaxis.set_minor_formatter("")
        axes.set_xlabel("tokens")
        axes.set_ylabel("loss by the law, nats a token")
        said = f"{short_number(budget.tokens)} tokens, {short_number(curve.parameters)} parameters"
        axes.set_title(f"{said}: {repeated:.3f}, {new:.3f} if all were new", pad=12)
        axes.legend(frameon=False, loc="upper right")


def draw_repetition(fit: Fit, found: Recommendation, budget: Budget, path: Path) -> None:
    """What each domain's tokens are worth, over how often they are seen."""
    epochs = budget.epochs(found.taken.weights)
    most = max(budget.max_epochs, float(epochs.max()), 1.0) * 1.5
    line = np.linspace(0, most, 200)
    with figure(path, 6, 4) as axes:
        axes.plot([0, most], [0, most], color=GREY, linewidth=1, linestyle=":", label="as if all were new")
        axes.plot(line, effective_tokens(np.ones_like(line), line), color=BLUE, label="data-constrained law")
        axes.axvline(budget.max_epochs, color=ORANGE, linewidth=1, label=f"at most {budget.max_epochs:g} epochs")
        axes.plot(epochs, effective_tokens(np.ones_like(epochs), epochs), "o", color="black", markersize=4)
        names = short_names(list(fit.runs.domains))
        most_seen = [row for row in np.argsort(-epochs, kind="stable")[:LABELLED] if epochs[row] > 1]
        for place, row in enumerate(most_seen):
            worth = float(effective_tokens(np.ones(1), epochs[row : row + 1])[0])
            side, align = (((7, -9), "left"), ((-7, 4), "right"))[place % 2]  # neighbours do not meet
            axes.annotate(names[row], (epochs[row], worth), side, textcoords="offset points", fontsize=8, ha=align)
        axes.set_xlabel("epochs")
        axes.set_ylabel("worth, in epochs of new tokens")
        axes.set_title(f"{budget.tokens:,.0f} tokens of {budget.unique.sum():,.0f} unique ones")
        axes.legend(frameon=False, loc="upper left")


def short_number(value: float) -> str:
    """Three digits, and a letter for thousands, millions, billions or trillions: 25000000000 is '25B'."""
    for letter, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if float(f"{value:.3g}") >= size:
            return f"{float(f'{value / size:.3g}'):g}{letter}"
    return f"{value:.3g}"


def short_names(names: list[str]) -> list[str]:
    """Without what all begin with, what no page can show, and what is too long for one.

    'train_the_pile_arxiv' is 'arxiv' among others of the Pile.
    """
    names = [printable(name) for name in names]
    low, high = min(names), max(names)
    same = next((at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    cut = max(low[:same].rfind(mark) + 1 for mark in "_/-. ")
    return [name[cut:] if len(name) <= cut + LONGEST else f"{name[cut : cut + LONGEST]}…" for name in names]


def _said(fit: Fit) -> str:
    return "mean of all metrics" if fit.objective.said == "mean" else fit.objective.said
