"""One-operator TensorFlow functions, 1,800 of them: CASES."""

from opcases import array, control, convolution, fusion, image, math, nn, random, rank, reduction, state, string, types
from opcases.base import CASES, Case

MODULES = [array, control, convolution, fusion, image, math, nn, random, rank, reduction, state, string, types]

__all__ = ['CASES', 'MODULES', 'Case']
