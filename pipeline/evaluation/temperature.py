"""The temperature that makes a classifier's probabilities the shares of answers that are right.

Reference:
    [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
"""

import math

import numpy as np

COLDEST, HOTTEST = 0.05, 20.0  # temperatures; the best one is unbounded if every answer, or no answer, is right
PRECISION = 1e-4  # of the logarithm of the temperature
GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that logits are divided by for the least negative log-likelihood (section 4.2).

    It changes how sure answers are, not which answer is the most likely. It is fitted on data that the model was not
    trained on.

    Args:
        logits: `(rows, classes)`.
        labels: Integer `(rows,)`.

    Returns:
        A temperature from `COLDEST` to `HOTTEST`: above 1, the logits were too sure; below 1, not sure enough.
    """
    logits = logits.astype(np.float64)

    def cost(log_temperature: float) -> float:
        return _negative_log_likelihood(logits / math.exp(log_temperature), labels)

    # Golden-section search: the cost is convex in 1 / temperature, so it has one minimum over its logarithm too.
    low, high = math.log(COLDEST), math.log(HOTTEST)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    left_cost, right_cost = cost(left), cost(right)
    while high - low > PRECISION:
        if left_cost <= right_cost:
            high, right, right_cost = right, left, left_cost
            left = high - GOLDEN * (high - low)
            left_cost = cost(left)
        else:
            low, left, left_cost = left, right, right_cost
            right = low + GOLDEN * (high - low)
            right_cost = cost(right)
    return math.exp((low + high) / 2)


def _negative_log_likelihood(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean over rows, in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    right = np.take_along_axis(shifted, labels[:, np.newaxis].astype(int), axis=1)[:, 0]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))
