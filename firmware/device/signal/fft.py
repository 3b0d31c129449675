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
        ar, ai, br, bi = re[a], im[a], re[b], im[b]
        cr, ci, dr, di = re[c], im[c], re[d], im[d]
        sum_r, sum_i, diff_r, diff_i = ar + br, ai + bi, ar - br, ai - bi
        ar, ai, br, bi = cr + dr, ci + di, cr - dr, ci - di
        re[a], im[a] = sum_r + ar, sum_i + ai
        re[c], im[c] = sum_r - ar, sum_i - ai
        re[b], im[b] = diff_r + bi, diff_i - br
        re[d], im[d] = diff_r - bi, diff_i + br


def radix2_pass(re: "array[int]", im: "array[int]", half: int) -> None:
    """Combine blocks of `half` points (4, 8, 16, 32, 64 in this order) into blocks of twice the size."""
    double = 2 * half
    step = SIZE // double
    for j in range(half):
        wr = _COS[j * step]
        wi = _SIN[j * step]
        for a in range(j, SIZE, double):
            b = a + half
            xr, xi = re[b], im[b]
            tr = (xr * wr - xi * wi) >> _TWIDDLE_BITS
            ti = (xr * wi + xi * wr) >> _TWIDDLE_BITS
            xr, xi = re[a], im[a]
            re[a] = xr + tr
            im[a] = xi + ti
            re[b] = xr - tr
            im[b] = xi - ti


def first_half(re: "array[int]", im: "array[int]") -> None:
    """Passes up to blocks of 16. Input within INPUT_LIMIT, in bit-reversed order."""
    first_passes(re, im)
    radix2_pass(re, im, 4)
    radix2_pass(re, im, 8)


def second_half(re: "array[int]", im: "array[int]") -> None:
    """The rest; the spectrum is then in natural order."""
    radix2_pass(re, im, 16)
    radix2_pass(re, im, 32)
    radix2_pass(re, im, 64)
