"""A 128-point complex FFT in whole numbers, in passes small enough to run between two samples.

Integers keep the chip's heap still (a float is an object there) and give the same bits on every
interpreter. Inputs up to 2047 grow to 2^18; with 10-bit twiddles every product stays inside a small int.
"""

from array import array
from math import cos, pi, sin

SIZE = 128
INPUT_LIMIT = 2047
_TWIDDLE_BITS = 10


def _reversed_bits(index: int) -> int:
    out = 0
    for _ in range(7):
        out = (out << 1) | (index & 1)
        index >>= 1
    return out


REVERSED = array("B", [_reversed_bits(i) for i in range(SIZE)])
_COS = array("h", [round(cos(2 * pi * i / SIZE) * (1 << _TWIDDLE_BITS)) for i in range(SIZE // 2)])
_SIN = array("h", [round(-sin(2 * pi * i / SIZE) * (1 << _TWIDDLE_BITS)) for i in range(SIZE // 2)])


def first_passes(re: "array[int]", im: "array[int]") -> None:
    """The two passes whose twiddles are 1 and -j: additions only. Input in bit-reversed order."""
    for a in range(0, SIZE, 4):
        b, c, d = a + 1, a + 2, a + 3
        ar, ai = re[a], im[a]
        br, bi = re[b], im[b]
        sum_r, sum_i = ar + br, ai + bi
        diff_r, diff_i = ar - br, ai - bi
        ar, ai = re[c], im[c]
        br, bi = re[d], im[d]
        cr, ci = ar - br, ai - bi
        ar, ai = ar + br, ai + bi
        re[a], im[a] = sum_r + ar, sum_i + ai
        re[c], im[c] = sum_r - ar, sum_i - ai
        re[b], im[b] = diff_r + ci, diff_i - cr
        re[d], im[d] = diff_r - ci, diff_i + cr


def two_passes(re: "array[int]", im: "array[int]", half: int) -> None:
    """Combine blocks of `half` points (4 or 16) into blocks of four times the size, as two passes would."""
    cosine, sine, bits = _COS, _SIN, _TWIDDLE_BITS
    size = 4 * half
    step = SIZE // size
    for j in range(half):
        vr, vi = cosine[2 * j * step], sine[2 * j * step]
        wr, wi = cosine[j * step], sine[j * step]
        for a in range(j, SIZE, size):
            b = a + half
            c = b + half
            d = c + half
            xr, xi = re[b], im[b]
            tr = (xr * vr - xi * vi) >> bits
            ti = (xr * vi + xi * vr) >> bits
            xr, xi = re[a], im[a]
            ar, ai = xr + tr, xi + ti
            br, bi = xr - tr, xi - ti
            xr, xi = re[d], im[d]
            tr = (xr * vr - xi * vi) >> bits
            ti = (xr * vi + xi * vr) >> bits
            xr, xi = re[c], im[c]
            dr, di = xr - tr, xi - ti
            xr, xi = xr + tr, xi + ti
            tr = (xr * wr - xi * wi) >> bits
            ti = (xr * wi + xi * wr) >> bits
            re[a], im[a] = ar + tr, ai + ti
            re[c], im[c] = ar - tr, ai - ti
            tr = (dr * wi + di * wr) >> bits
            ti = (di * wi - dr * wr) >> bits
            re[b], im[b] = br + tr, bi + ti
            re[d], im[d] = br - tr, bi - ti


def powers(re: "array[int]", im: "array[int]", real: "array[int]", imaginary: "array[int]") -> None:
    """The last pass, for the powers at bins 2 to SIZE / 2 - 2 of the two real signals in `re` and `im`.

    A real signal's transform is symmetric, an imaginary one's antisymmetric: bins k and SIZE - k give both.
    They come from the same two pairs as bins SIZE / 2 - k and SIZE / 2 + k, so nothing is stored between.
    Powers are of twice the amplitude over 32.
    """
    cosine, sine, bits = _COS, _SIN, _TWIDDLE_BITS
    half = SIZE // 2
    for k in range(2, half // 2 + 1):
        wr, wi = cosine[k], sine[k]
        a = k + half
        xr, xi = re[a], im[a]
        tr, ti = xr * wr - xi * wi >> bits, xr * wi + xi * wr >> bits
        xr, xi = re[k], im[k]
        ar, ai = xr + tr, xi + ti
        br, bi = xr - tr, xi - ti
        j = half - k
        a = j + half
        xr, xi = re[a], im[a]
        tr, ti = -(xr * wr + xi * wi) >> bits, xr * wi - xi * wr >> bits
        xr, xi = re[j], im[j]
        cr, ci = xr + tr, xi + ti
        dr, di = xr - tr, xi - ti
        xr, xi = ar + dr >> 5, ai - di >> 5
        real[k] = xr * xr + xi * xi
        xr, xi = ai + di >> 5, dr - ar >> 5
        imaginary[k] = xr * xr + xi * xi
        xr, xi = cr + br >> 5, ci - bi >> 5
        real[j] = xr * xr + xi * xi
        xr, xi = ci + bi >> 5, br - cr >> 5
        imaginary[j] = xr * xr + xi * xi


def middle_passes(re: "array[int]", im: "array[int]") -> None:
    """The passes between `first_passes` and `powers`."""
    two_passes(re, im, 4)
    two_passes(re, im, 16)
