"""Temperature scaling, which calibrates the probabilities of a classifier.

Reference:
    [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
"""

import math

import numpy as np

COLDEST, HOTTEST = 0.05, 20.0  # limits, because there is no best temperature if all answers are right, or none
PRECISION = 1e-4  # precision of the logarithm of the temperature
GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature by which to divide logits for the least negative log-likelihood (section 4.2).

    The temperature changes the confidence of answers, but not which answer is the most likely. It must be fitted on
    data that the model was not trained on.

    Args:
        logits: `(rows, classes)`.
        labels: Integer `(rows,)`.

    Returns:
        A temperature from `COLDEST` to `HOTTEST`. Above 1, the model was too confident; below 1, not confident enough.
    """
    logits = logits.astype(np.float64)

    def cost(log_temperature: float) -> float:
        return _negative_log_likelihood(logits / math.exp(log_temperature), labels)

    # Golden-section search. The cost is convex in 1 / temperature, so it also has one minimum over its logarithm.
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
    """Return the mean over rows, in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    right = np.take_along_axis(shifted, labels[:, np.newaxis].astype(int), axis=1)[:, 0]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))
