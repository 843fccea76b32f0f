"""
Ratios of medians with bootstrap intervals. Samples come in blocks, a block
being one A B B A; the bootstrap draws whole blocks, so that what drifts from
block to block drifts in both arms.
"""
import math
import random
from statistics import median

DRAWS = 2000
CONFIDENCE = 0.95
ENOUGH = 5      # blocks; fewer give an interval that means nothing
NOISY = 0.10    # where the same drivers seem to differ by more, nothing is won or lost


class Ratio:
    """A ratio of medians and its confidence interval, from so many blocks."""

    def __init__(self, value, low, high, blocks=ENOUGH):
        self.value = value
        self.low = low
        self.high = high
        self.blocks = blocks

    @property
    def spread(self):
        """How far the interval reaches from 1: the noise, where both arms are the same."""
        return max(abs(self.low - 1), abs(self.high - 1))

    def verdict(self, noise):
        """win or loss only where the interval clears 1 by more than the noise."""
        if noise is None or self.blocks < ENOUGH:
            return "unknown"
        if noise > NOISY:
            return "noisy"
        if self.low > 1 + noise:
            return "win"
        if self.high < 1 - noise:
            return "loss"
        return "even"


def _medians(blocks):
    ours = [value for block in blocks for value in block[0]]
    base = [value for block in blocks for value in block[1]]
    return median(ours) / median(base)


def ratio(blocks, draws=DRAWS, seed=1):
    """
    blocks: a list of (values of the one arm, values of the other). None if
    there is nothing to compare. The same blocks always give the same answer.
    """
    blocks = [(ours, base) for ours, base in blocks if ours and base]
    if not blocks or median([value for _, base in blocks for value in base]) <= 0:
        return None
    source = random.Random(seed)
    drawn = []
    for _ in range(draws):
        sample = source.choices(blocks, k=len(blocks))
        if median([value for _, base in sample for value in base]) > 0:
            drawn.append(_medians(sample))
    drawn.sort()
    tail = (1 - CONFIDENCE) / 2
    return Ratio(_medians(blocks), _quantile(drawn, tail), _quantile(drawn, 1 - tail),
                 len(blocks))


def _quantile(ordered, part):
    place = part * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))
