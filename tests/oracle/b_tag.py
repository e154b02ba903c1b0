"""The discriminant of one jet, in plain Python."""

import math

__all__ = ["discriminant"]


def discriminant(key, index, scores, wanted_key, fraction_c, fraction_tau):
    """Return D of one jet, None without a score; *scores*: pb, pc, pu and perhaps ptau of its event, lists."""
    if key != wanted_key or not 0 <= index < len(scores["pb"]):
        return None
    pb, pc, pu = (scores[name][index] for name in ("pb", "pc", "pu"))
    denominator = fraction_c * pc + (1 - fraction_c - fraction_tau) * pu
    if fraction_tau:
        denominator += fraction_tau * scores["ptau"][index]
    if not (pb > 0 and denominator > 0 and math.isfinite(pb) and math.isfinite(denominator)):
        return None
    return math.log(pb / denominator)
