"""The two linear fits that the models use; weights come out for raw features, the constant last."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def discriminant(features: Floats, classes: Ints, n_classes: int, shrinkage: float = 0.1) -> Floats:
    """Linear discriminant analysis; (n_classes, inputs + 1).

    Each class has the same part in the covariance, however common it is; that is shrunk towards a ball.
    """
    centre, scale = features.mean(0), features.std(0) + 1e-6
    scaled = (features - centre) / scale
    present = [k for k in range(n_classes) if (classes == k).any()]
    means = np.zeros((n_classes, features.shape[1]))
    for k in present:
        means[k] = scaled[classes == k].mean(0)
    residual = scaled - means[classes]
    share = 1.0 / np.maximum(1, np.bincount(classes, minlength=n_classes))[classes]
    covariance = (residual * (share / share.sum())[:, None]).T @ residual
    ball = np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
    weights = means @ np.linalg.inv((1 - shrinkage) * covariance + shrinkage * ball)
    constant = -0.5 * (weights * means).sum(1)
    constant[[k for k in range(n_classes) if k not in present]] = -1e3
    return _for_raw_features(weights, constant, centre, scale)


def softmax(
    features: Floats, classes: Ints, n_classes: int, penalty: float = 10.0, steps: int = 300
) -> Floats:
    """Softmax regression, every class of the same weight, by gradient descent with momentum."""
    centre, scale = features.mean(0), features.std(0) + 1e-6
    scaled = (features - centre) / scale
    wanted = np.eye(n_classes)[classes]
    share = 1.0 / np.maximum(1, np.bincount(classes, minlength=n_classes))[classes]
    share /= share.sum()
    weights, constant = np.zeros((n_classes, features.shape[1])), np.zeros(n_classes)
    weights_pace, constant_pace = np.zeros_like(weights), np.zeros_like(constant)
    for _ in range(steps):
        slope = (probabilities(scaled @ weights.T + constant) - wanted) * share[:, None]
        weights_pace = 0.9 * weights_pace - 0.5 * (slope.T @ scaled + penalty / len(scaled) * weights)
        constant_pace = 0.9 * constant_pace - 0.5 * slope.sum(0)
        weights, constant = weights + weights_pace, constant + constant_pace
    return _for_raw_features(weights, constant, centre, scale)


def scores(model: Floats, features: Floats) -> Floats:
    """(samples, classes) from raw features."""
    return features @ model[:, :-1].T + model[:, -1]


def probabilities(values: Floats) -> Floats:
    """Softmax over the classes."""
    raised = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def _for_raw_features(weights: Floats, constant: Floats, centre: Floats, scale: Floats) -> Floats:
    raw = weights / scale
    return np.column_stack([raw, constant - raw @ centre])
