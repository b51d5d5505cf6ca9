"""The regressors there are, by name."""

from crawlsieve.pipelines.mixture.regression.regressors.gaussian_process import GaussianProcess
from crawlsieve.pipelines.mixture.regression.regressors.linear import Linear
from crawlsieve.pipelines.mixture.regression.regressors.loglinear import LogLinear
from crawlsieve.pipelines.mixture.regression.regressors.regressor import Regressor
from crawlsieve.pipelines.mixture.regression.regressors.trees import Trees

REGRESSORS: dict[str, Regressor] = {one.name: one for one in (Linear(), LogLinear(), Trees(), GaussianProcess())}
