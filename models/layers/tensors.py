"""Type aliases for the arguments of layers, for which Keras has no types."""

from typing import Any, TypeAlias

Tensor: TypeAlias = Any  # a tensor of the backend, or a KerasTensor while a functional model is built
Shape: TypeAlias = tuple[Any, ...]  # sizes; None if dynamic
Policy: TypeAlias = Any  # a Keras dtype policy, or its name
