#!/usr/bin/env python3
"""Calibrators by another implementation, in NumPy and from the elements themselves: pkg/calibrate/testdata/golden.json.

usage: golden_calibrators.py            writes the file
       golden_calibrators.py STATS OUT LEVELS    statistics with histograms become ranges by TensorRT's definition of entropy, for
           `octet convert --ranges`

What the calibrators are is in docs/statistics.md. TensorRT's definition (S. Migacz, 8-bit Inference with TensorRT, 2017) is of
the histogram of absolute values: of all limits from 128 bins on the one with the least divergence of 128 levels from what they
stand for, with all that is beyond the limit in the last bin. It knows no bound of the error.
"""

import base64
import json
import math
import sys

import numpy as np

from places import REPO

OUT = REPO / 'pkg/calibrate/testdata/golden.json'
DIVISIONS = 128
BINS = 2048
INTEGERS = {'int8': (255, False), 'int16': (65534, True)}
SHARE = 1 / 4096  # of all elements, that entropy spreads over all bins


class Histogram:
    """The elements in bins: x[i] elements around c[i], in bins' widths."""

    def __init__(self, elements):
        x = elements.astype(np.float64)
        for exp in range(-126, 119):  # the least width that makes at most 2048 bins, of 0 as well
            bins = np.floor(x / 2.0**exp)
            self.first, self.last = int(min(bins.min(), 0)), int(max(bins.max(), 0))
            if self.last - self.first < BINS:
                break
        self.width, self.seen = 2.0**exp, (float(x.min()), float(x.max()))
        self.counts = np.bincount((bins - self.first).astype(int), minlength=self.last - self.first + 1).astype(np.float64)
        self.middles = np.arange(self.first, self.last + 1) + 0.5

    def ends(self, a, b):
        return max(self.seen[0], a * self.width), min(self.seen[1], (b + 1) * self.width)


def percentile(h, elements, p):
    ordered = np.sort(elements.astype(np.float64))
    cut = math.floor(len(ordered) * ((100 - p) / 200) + 0.5)
    bins = np.floor(ordered / h.width)
    return h.ends(int(min(bins[cut], 0)), int(max(bins[len(bins) - 1 - cut], -1)))


def covered(a, b, steps, symmetric):
    """A step, and what the integers reach over, of bins a to b."""
    if symmetric:
        reach = max(-a, b + 1)
        return 2 * reach / steps, -reach, reach
    step = (b + 1 - a) / steps
    zero = math.floor(-a / step + 0.5)
    return step, -zero * step, (steps - zero) * step


def square_error(h, a, b, steps, symmetric):
    step, low, high = covered(a, b, steps, symmetric)
    # An element belongs to what is beyond an end if its bin begins there or beyond.
    starts = np.floor(h.middles)
    under, over = starts < math.floor(low), starts >= math.floor(high)
    inside = ~under & ~over
    near = inside & (starts >= max(a, -1)) & (starts <= 0)
    noise = step * step / 12
    return (
        noise * h.counts[inside & ~near].sum()
        + min(noise, 1 / 3) * h.counts[near].sum()
        + np.sum(h.counts[under] * (h.middles[under] - low) ** 2)
        + np.sum(h.counts[over] * (h.middles[over] - high) ** 2)
    )


def mse(h, steps, symmetric):
    lows = sorted({math.trunc(h.first * i / DIVISIONS) for i in range(DIVISIONS + 1)})
    highs = sorted({(h.last + 1) * i // DIVISIONS - 1 for i in range(DIVISIONS + 1)}, reverse=True)
    tried = [(a, max(b, min(h.last, 0))) for a in lows for b in highs if b >= a]
    errors = [square_error(h, a, b, steps, symmetric) for a, b in tried]
    return h.ends(*tried[int(np.argmin(errors))])


def divergence(counts, a, b, steps):
    """Of what steps tell of counts[a:b] from all counts, in natural units."""
    inside = counts[a:b]
    if not inside.sum():
        return math.inf
    step = np.searchsorted(np.arange(1, steps + 1) * (b - a) // steps, np.arange(b - a), side='right')
    used = np.bincount(step, inside > 0, steps)
    mean = np.divide(np.bincount(step, inside, steps), used, out=np.zeros(steps), where=used > 0)
    q = SHARE / (b - a) + np.where(inside > 0, (1 - SHARE) * mean[step] / inside.sum(), 0)
    p = inside.copy()
    p[0] += counts[:a].sum()
    p[-1] += counts[b:].sum()
    p /= counts.sum()
    return float(np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0])))


def entropy(h, steps, symmetric):
    counts, zero = h.counts.copy(), -h.first
    if len(counts) > 1:  # zeros count as far as their neighbours do
        counts[zero] = min(counts[zero], max(counts[i] for i in (zero - 1, zero + 1) if 0 <= i < len(counts)))
    most = 4 * square_error(h, h.first, h.last, steps, symmetric)
    limit, best = max(-h.first, h.last + 1), (math.inf, h.first, h.last)
    for i in range(DIVISIONS, 0, -1):
        reach = -(-limit * i // DIVISIONS)
        a, b = max(h.first, -reach), min(h.last, reach - 1)
        if b + 1 - a <= steps:
            break
        if square_error(h, a, b, steps, symmetric) <= most:
            best = min(best, (divergence(counts, a - h.first, b + 1 - h.first, steps + 1), a, b), key=lambda t: t[0])
    return h.ends(*best[1:])


def ema(samples, keep):
    keep, take = np.float32(keep), np.float32(1 - keep)
    lo, hi = samples[0].min(), samples[0].max()
    for s in samples[1:]:
        lo, hi = keep * lo + take * s.min(), keep * hi + take * s.max()
    return float(lo), float(hi)


def tensorrt(counts, first, levels=128):
    """The limit that TensorRT's definition chooses, in bins."""
    above, below = counts[-first:], counts[:-first][::-1]
    h = np.zeros(max(len(above), len(below)))
    h[: len(above)] += above
    h[: len(below)] += below
    h[0] = min(h[0], h[1]) if len(h) > 1 else h[0]
    best = (math.inf, len(h))
    for n in range(levels, len(h) + 1):
        level = np.arange(n) * levels // n
        used = np.bincount(level, h[:n] > 0, levels)
        mean = np.divide(np.bincount(level, h[:n], levels), used, out=np.zeros(levels), where=used > 0)
        p, q = h[:n].copy(), np.where(h[:n] > 0, mean[level], 0)
        p[-1] += h[n:].sum()
        if q[p > 0].all() and p.sum():
            p, q = p / p.sum(), q / q.sum()
            best = min(best, (float(np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0]))), n))
    return best[1]


def cases():
    rng = np.random.default_rng(20261130)
    normal = rng.standard_normal
    shapes = {
        'normal': normal,
        'rectified': lambda n: np.maximum(normal(n), 0),
        'heavy tails': lambda n: rng.standard_t(2, n),
        'outliers': lambda n: normal(n) * np.where(rng.random(n) < 0.004, 40, 1),
        'swish': lambda n: (x := 2 * normal(n)) / (1 + np.exp(-x)),
        'negative': lambda n: -rng.exponential(1, n),
        'away from 0': lambda n: rng.uniform(3, 5, n),
    }
    return {name: [draw(400).astype(np.float32) for _ in range(3)] for name, draw in shapes.items()}


def golden():
    found = []
    for name, samples in cases().items():
        x = np.concatenate(samples)
        h, want = Histogram(x), {}
        for kind, (steps, symmetric) in INTEGERS.items():
            want[kind] = {
                'minmax': h.seen,
                'percentile:99': percentile(h, x, 99),
                'percentile:99.9': percentile(h, x, 99.9),
                'mse': mse(h, steps, symmetric),
                'entropy': entropy(h, steps, symmetric),
                'ema:0.95': ema(samples, 0.95),
                'ema:0.5': ema(samples, 0.5),
            }
        text = [base64.b64encode(s.astype('<f4').tobytes()).decode() for s in samples]
        found.append({'name': name, 'samples': text, 'want': want})
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text('[\n' + ',\n'.join(json.dumps(c) for c in found) + '\n]\n')


def numbers(text):
    """Unsigned varints in base64."""
    found, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value = shift = 0
    return found


def by_tensorrt(path, out, levels):
    with open(path) as file:
        stats = json.load(file)
    stats['histograms'] = stats['per_sample'] = False
    for t in stats['tensors']:
        t.pop('per_sample', None)
        h = t.pop('histogram', {})
        if 'counts' in h:
            reach = tensorrt(np.array(numbers(h['counts']), np.float64), h['first'], levels) * 2.0 ** h['exp']
            t['min'], t['max'] = max(t['min'], -reach), min(t['max'], reach)
    with open(out, 'w') as file:
        json.dump(stats, file)


if __name__ == '__main__':
    if sys.argv[1:]:
        by_tensorrt(*sys.argv[1:3], int(sys.argv[3]))
    else:
        golden()
