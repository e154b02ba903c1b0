"""Weights in plain Python: exact fractions, one event after the other."""

from fractions import Fraction

__all__ = ["binned_sums", "nearest", "weight_of"]


def nearest(value):
    """Round a fraction to the nearest whole number, halves to the even one."""
    return round(value)  # Fraction.__round__ does, exactly


def weight_of(generator, factors):
    """Multiply in the order of the list, each product rounded to float64."""
    product = generator
    for factor in factors:
        product = product * factor
    return product


def binned_sums(entries, n_bins, unit):
    """Sum (bin, weight) in units, without overflow or rounding beyond the definition's own."""
    first, second = [0] * n_bins, [0] * n_bins
    for index, weight in entries:
        first[index] += nearest(Fraction(weight) / Fraction(unit))
        second[index] += nearest(Fraction(weight) / (1024 * Fraction(unit))) ** 2
    return first, second
