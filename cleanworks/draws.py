"""Chance and curves that are the same to the last bit on every Python, numpy and machine.

numpy promises the uniform numbers of a bit generator and nothing more: its normal, binomial or gamma numbers may change
with a version, and ``exp`` and ``log`` differ in the last digit from one processor to another. Two people side by side
would then see different tables. So everything here is made from uniform numbers by additions, multiplications,
divisions and square roots, which are exact to the bit wherever floating point follows IEEE 754, the browser included.

>>> import numpy as np
>>> chance = Draws(np.random.default_rng(1))
>>> chance.integers(1, 7, 5).tolist()
[4, 6, 1, 6, 2]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Size = int | tuple[int, ...] | None

_LN2_HIGH, _LN2_LOW = (
    0.693147180369123816490,
    1.90821492927058770002e-10,
)  # the first has zeros to spare: k * it is exact
_SMALLEST = 2.0**-54
_MOST_AT_ONCE = 500.0  # exp(-500) is still a normal number
_CHUNK = 1 << 16  # numbers that fit into the processor's cache together with their intermediate results

# Coefficients of the normal quantile, lowest power first: M. J. Wichura (1988), Algorithm AS 241, PPND16.
_CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_TAIL = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
_FAR_TAIL = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip


# --- curves -----------------------------------------------------------------------------------------------------


def exp(x: Any) -> Any:
    """e to the power of each number, within two units of the last digit, the same bits everywhere.

    >>> round(float(exp(1.0)), 12)
    2.718281828459
    """
    x = np.clip(np.asarray(x, float), -745.0, 709.0)
    twos = np.rint(x / (_LN2_HIGH + _LN2_LOW))
    rest = (x - twos * _LN2_HIGH) - twos * _LN2_LOW
    total = np.full(rest.shape, 1.0)
    for term in range(14, 0, -1):
        total = total * (rest / term) + 1.0
    return np.ldexp(total, twos.astype(np.int32))


def log(x: Any) -> Any:
    """The natural logarithm of numbers above zero, within two units of the last digit, the same bits everywhere.

    >>> round(float(log(10.0)), 12)
    2.302585092994
    """
    part, twos = np.frexp(np.asarray(x, float))
    low = part < 0.70710678118654752
    part, twos = np.where(low, 2 * part, part), twos - low
    ratio = (part - 1) / (part + 1)
    square = ratio * ratio
    total = np.full(square.shape, 1 / 23)
    for odd in range(21, 0, -2):
        total = total * square + 1 / odd
    return twos * _LN2_HIGH + (2 * ratio * total + twos * _LN2_LOW)


def power(base: Any, exponent: Any) -> Any:
    """Numbers above zero to any power.

    >>> round(float(power(2.0, 0.5)), 12)
    1.414213562373
    """
    return exp(np.asarray(exponent, float) * log(base))


def normal_share(x: Any) -> Any:
    """The share of a standard normal distribution that lies below each number.

    G. West (2005), Better approximations to cumulative normal functions.

    >>> round(float(normal_share(1.96)), 6)
    0.975002
    """
    size = np.abs(np.asarray(x, float))
    below = exp(-size * size / 2)
    above = _polynomial(
        size,
        (220.206867912376, 221.213596169931, 112.079291497871, 33.912866078383, 6.37396220353165,
         0.700383064443688, 3.52624965998911e-02),
    )  # fmt: skip
    under = _polynomial(
        size,
        (440.413735824752, 793.826512519948, 637.333633378831, 296.564248779674, 86.7807322029461,
         16.064177579207, 1.75566716318264, 8.83883476483184e-02),
    )  # fmt: skip
    far = np.maximum(size, 7.0)
    tail = far + 1 / (far + 2 / (far + 3 / (far + 4 / (far + 0.65))))
    share = np.where(size < 7.07106781186547, below * above / under, below / (tail * 2.506628274631))
    return np.where(np.asarray(x) > 0, 1 - share, share)


def normal_quantile(share: Any) -> Any:
    """Where a standard normal distribution has a share below, for shares between 0 and 1: the inverse of ``normal_share``.

    >>> round(float(normal_quantile(0.975)), 6)
    1.959964
    """
    share = np.asarray(share, float)
    flat = share.reshape(-1)
    found = np.empty(flat.shape)
    for start in range(0, len(flat), _CHUNK):
        found[start : start + _CHUNK] = _quantiles(flat[start : start + _CHUNK])
    return found.reshape(share.shape)


def _quantiles(share: np.ndarray) -> np.ndarray:
    away = share - 0.5
    square = 0.180625 - away * away
    found: np.ndarray = away * _polynomial(square, _CENTRE[0]) / _polynomial(square, _CENTRE[1])
    outside = np.flatnonzero(np.abs(away) > 0.425)
    here = share[outside]
    root = np.sqrt(-log(np.maximum(np.minimum(here, 1 - here), _SMALLEST)))
    near, far = root - 1.6, root - 5
    value = np.where(
        root <= 5,
        _polynomial(near, _TAIL[0]) / _polynomial(near, _TAIL[1]),
        _polynomial(far, _FAR_TAIL[0]) / _polynomial(far, _FAR_TAIL[1]),
    )
    found[outside] = np.where(here < 0.5, -value, value)
    return found


def _polynomial(x: np.ndarray, coefficients: Sequence[float]) -> np.ndarray:
    """Horner's rule, the lowest power first."""
    total = np.full(x.shape, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


# --- chance -----------------------------------------------------------------------------------------------------


class Draws:
    """Random numbers of the usual distributions from the uniform numbers of a generator.

    The methods have the names and arguments of ``numpy.random.Generator``. Whole numbers come as ``numpy.intp``, ready to
    count and to index with on every machine.
    """

    def __init__(self, generator: np.random.Generator):
        self.generator = generator

    def random(self, size: Size = None) -> Any:
        """Uniform numbers, 0 or more and below 1."""
        return self.generator.random(size)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Size = None) -> Any:
        return low + (np.asarray(high) - low) * self.random(_size(size, low, high))

    def integers(self, low: Any, high: Any = None, size: Size = None) -> Any:
        """Whole numbers from ``low`` up to but not including ``high``."""
        low, high = (0, low) if high is None else (low, high)
        steps = np.floor(self.random(_size(size, low, high)) * (np.asarray(high) - low))
        return _whole(np.asarray(low) + steps)

    def standard_normal(self, size: Size = None) -> Any:
        return normal_quantile(self.random(size))

    def normal(self, mean: Any = 0.0, sd: Any = 1.0, size: Size = None) -> Any:
        return mean + np.asarray(sd) * self.standard_normal(_size(size, mean, sd))

    def lognormal(self, mean: Any = 0.0, sd: Any = 1.0, size: Size = None) -> Any:
        """Numbers whose logarithm is normal with this mean and standard deviation."""
        return exp(self.normal(mean, sd, size))

    def exponential(self, mean: Any = 1.0, size: Size = None) -> Any:
        return -np.asarray(mean) * log(1 - np.asarray(self.random(_size(size, mean))))

    def pareto(self, shape: float, size: Size = None) -> Any:
        """What lies above 1 of a Pareto distribution that begins there (Lomax)."""
        return exp(self.exponential(1 / shape, size)) - 1

    def triangular(self, low: float, likely: float, high: float, size: Size = None) -> Any:
        """A triangle between ``low`` and ``high`` with its top at ``likely``; one value where the ends meet."""
        if low == high:
            return np.full(() if size is None else size, float(low))[()]
        share = np.asarray(self.random(size))
        split = (likely - low) / (high - low)
        rising = low + np.sqrt(share * (high - low) * (likely - low))
        falling = high - np.sqrt((1 - share) * (high - low) * (high - likely))
        return np.where(share < split, rising, falling)

    def gamma(self, shape: float, scale: Any = 1.0, size: Size = None) -> Any:
        """G. Marsaglia and W. W. Tsang (2000): a cubed normal number, drawn again where it does not fit."""
        wanted = _size(size, scale)
        count = 1 if wanted is None else int(np.prod(wanted))
        d = (shape + 1 if shape < 1 else shape) - 1 / 3
        found, left = np.empty(count), np.arange(count)
        while len(left):
            normal, share = self.standard_normal(len(left)), self.random(len(left))
            cube = 1 + normal / np.sqrt(9 * d)
            cube = cube * cube * cube
            inside = np.maximum(cube, _SMALLEST)
            fits = (cube > 0) & (
                log(np.maximum(share, _SMALLEST)) < normal * normal / 2 + d - d * inside + d * log(inside)
            )
            found[left[fits]] = d * cube[fits]
            left = left[~fits]
        if shape < 1:
            found *= exp(-self.exponential(1 / shape, count))
        return scale * (found[0] if wanted is None else found.reshape(wanted))

    def beta(self, a: float, b: float, size: Size = None) -> Any:
        one, other = self.gamma(a, 1.0, size), self.gamma(b, 1.0, size)
        return one / (one + other)

    def dirichlet(self, alpha: Sequence[float] | np.ndarray, size: int | None = None) -> np.ndarray:
        """Shares that add up to 1, in the last axis."""
        parts = np.stack([np.asarray(self.gamma(float(a), 1.0, size)) for a in alpha], axis=-1)
        total = parts[..., 0].copy()
        for place in range(1, parts.shape[-1]):
            total += parts[..., place]
        shares: np.ndarray = parts / total[..., None]
        return shares

    def poisson(self, mean: Any = 1.0, size: Size = None) -> Any:
        """Counts, found by adding up their chances; large means are made of several smaller ones."""
        shape = _size(size, mean)
        mean = np.broadcast_to(np.asarray(mean, float), shape or ()).reshape(-1)
        pieces = max(1, int(np.ceil(mean.max(initial=0) / _MOST_AT_ONCE)))
        count = np.zeros(mean.shape)
        for _ in range(pieces):
            count += self._poisson(mean / pieces)
        return _whole(count[0] if shape is None else count.reshape(shape))

    def _poisson(self, mean: np.ndarray) -> np.ndarray:
        share, chance = self.random(len(mean)), exp(-mean)
        count, left, number = np.zeros(len(mean)), np.arange(len(mean)), 0
        while len(left):
            share = share - chance
            going = (share >= 0) & (chance > 0)
            left, share, chance = left[going], share[going], chance[going]
            number += 1
            chance = chance * (mean[left] / number)
            count[left] = number
        return count

    def negative_binomial(self, n: float, p: float, size: Size = None) -> Any:
        return self.poisson(self.gamma(n, (1 - p) / p, size))

    def geometric(self, p: float, size: Size = None) -> Any:
        """Trials up to and including the first success."""
        return _whole(1 + np.floor(self.exponential(1.0, size) / -log(1 - p)))

    def binomial(self, n: Any, p: Any, size: Size = None) -> Any:
        """Successes in ``n`` trials, tried one by one."""
        shape = _size(size, n, p)
        trials, chance = (np.broadcast_to(x, shape or ()).reshape(-1) for x in (n, p))
        row = np.repeat(np.arange(len(trials)), trials.astype(np.intp))
        won = np.bincount(row[self.random(len(row)) < chance[row]], minlength=len(trials))
        return _whole(won[0] if shape is None else won.reshape(shape))

    def permutation(self, x: Any) -> np.ndarray:
        """A sequence, or the numbers from 0, in random order."""
        order = np.argsort(self.random(int(x) if isinstance(x, int | np.integer) else len(x)), kind="stable")
        return order if isinstance(x, int | np.integer) else np.asarray(x)[order]

    def permuted(self, x: np.ndarray, axis: int) -> np.ndarray:
        """Every row (or column) of a table in a random order of its own."""
        order = np.argsort(self.random(x.shape), axis=axis, kind="stable")
        return np.take_along_axis(x, order, axis)

    def choice(
        self,
        options: Any,
        size: Size = None,
        replace: bool = True,
        p: Sequence[float] | np.ndarray | None = None,
    ) -> Any:
        """Some of the options, or of the numbers below a number; ``p`` gives the chance of each."""
        count = options if isinstance(options, int | np.integer) else len(options)
        if not replace:
            if p is not None:
                raise NotImplementedError("Drawing without putting back knows equal chances only.")
            place = self.permutation(count)[: int(np.prod(size if size is not None else 1))].reshape(size)
        elif p is None:
            place = self.integers(0, count, size)
        else:
            edges = np.cumsum(np.asarray(p, float))
            place = np.searchsorted(edges[:-1] / edges[-1], self.random(size), side="right")
        return place if isinstance(options, int | np.integer) else np.asarray(options)[place]


def _whole(numbers: Any) -> Any:
    """Counts as the machine's own whole numbers."""
    return np.asarray(numbers).astype(np.intp)[()]


def _size(size: Size, *parameters: Any) -> Size:
    """The size asked for, or else that of the parameters."""
    if size is not None:
        return size
    return np.broadcast_shapes(*(np.shape(p) for p in parameters)) or None
