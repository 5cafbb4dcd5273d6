"""Fits the linear models of the judges, by maximum likelihood with an L2 penalty. Only where one trains."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.triage.fusion import INPUTS, STEPS, Linear
from knowledge.case import EMOTIONS

RIDGE: Final = 2.0
"""Strength of regularisation: 1 to 3 are equally good on the sample cases, 10 is worse."""

Numbers = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


def softmax_model(z: Numbers, y: Places, weight: Numbers) -> Linear:
    """Which emotion is primary: multinomial; `y`, shape (n,), holds places in EMOTIONS."""
    d, c = z.shape[1], len(EMOTIONS)
    aim = np.eye(c)[y]

    def loss(p: Numbers) -> tuple[float, Numbers]:
        w = p[: d * c].reshape(d, c)
        scores = z @ w + p[d * c :]
        top = scores.max(axis=1, keepdims=True)
        log = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        error = (np.exp(log) - aim) * weight[:, None]
        value = -float(weight @ (log * aim).sum(axis=1)) + RIDGE / 2 * float((w**2).sum())
        return value, np.concatenate(((z.T @ error + RIDGE * w).ravel(), error.sum(axis=0)))

    found = _least(loss, d * c + c)
    return _linear(found[: d * c].reshape(d, c), found[d * c :])


def binary_models(z: Numbers, truth: Bools, weight: Numbers, rule: str, kinds: Sequence[str]) -> Linear:
    """One against the rest; the reading that the rules have of a kind counts for it or not at all."""
    columns = [
        proportional(z, truth[:, [n]], weight, own=[INPUTS.index(f"{rule}.{kind}")])
        for n, kind in enumerate(kinds)
    ]
    return _linear(
        np.stack([slope for slope, _ in columns], axis=1), np.array([shift[0] for _, shift in columns])
    )


def ordinal_model(z: Numbers, level: Places, weight: Numbers) -> Linear:
    """How strong: `level`, shape (n,), is 0..4; the intensity by the rules never counts against it."""
    above = level[:, None] > np.arange(STEPS)
    slope, shift = proportional(z, above, weight, own=[INPUTS.index("intensity")])
    return _linear(slope[:, None], shift)


def proportional(z: Numbers, above: Bools, weight: Numbers, own: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Proportional odds (McCullagh 1980): one slope, a shift for each column.

    The slopes of the inputs `own` are not negative.
    """
    d, steps = z.shape[1], above.shape[1]
    sign = np.where(above, 1.0, -1.0)

    def loss(p: Numbers) -> tuple[float, Numbers]:
        margin = sign * ((z @ p[:d])[:, None] + p[d:])
        pull = -weight[:, None] * sign * logistic(-margin)
        value = float((weight[:, None] * np.logaddexp(0, -margin)).sum()) + RIDGE / 2 * float(p[:d] @ p[:d])
        return value, np.concatenate((z.T @ pull.sum(axis=1) + RIDGE * p[:d], pull.sum(axis=0)))

    found = _least(loss, d + steps, own)
    return found[:d], found[d:]


def _least(loss: Callable[[Numbers], tuple[float, Numbers]], size: int, own: Sequence[int] = ()) -> Numbers:
    minimize: Any = importlib.import_module("scipy.optimize").minimize  # untyped; only when one trains
    bounds: Any = [(0.0 if n in own else None, None) for n in range(size)]
    found: Any = minimize(
        loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}
    )
    return np.asarray(found.x, np.float64)


def _linear(weights: Numbers, bias: Numbers) -> Linear:
    return Linear(weights=tuple(map(tuple, weights.round(5).tolist())), bias=tuple(bias.round(5).tolist()))


def logistic(logits: Numbers) -> Numbers:
    """Each number for itself; safe for large ones."""
    return 0.5 * (1 + np.tanh(0.5 * logits))
