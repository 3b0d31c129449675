"""A4 sheets as PDF, in letters that the names of people and machines are written in.

Noto Sans has Latin, Greek and Cyrillic. What it lacks comes from the other fonts of its family that are
installed: Arabic comes with the extra `labels`, others are added by `pip install fontpkg-noto-sans-…`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

FONT, OF_ITS_FAMILY = "Noto Sans", "noto-sans-"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class NoPdf(Exception):
    """This installation makes no PDF; the message says what to do."""


def blank(title: str) -> FPDF:
    """A document of no pages yet; NoPdf where a library is missing."""
    try:
        import fontpkg
        import uharfbuzz  # noqa: F401  joins the letters of Arabic, asked for by set_text_shaping
        from fpdf import FPDF
    except ImportError as error:
        raise NoPdf("a PDF needs some more libraries: `pip install 'repbeat[labels]'`") from error
    pdf = FPDF(format="A4")
    pdf.set_title(title)
    others = [one.name for slug, one in fontpkg.families().items() if slug.startswith(OF_ITS_FAMILY)]
    for name in (FONT, *others):
        pdf.add_font(name, fname=fontpkg.path(name))
    pdf.set_fallback_fonts(others)
    pdf.set_text_shaping(True)
    pdf.set_font(FONT)
    return pdf


def readable(pdf: FPDF, text: str) -> str:
    """The text, a letter that no font of the document has replaced by a sign that something stands there."""
    from fpdf.fonts import TTFFont

    known = set[int]().union(*(font.cmap for font in pdf.fonts.values() if isinstance(font, TTFFont)))
    return "".join(letter if ord(letter) in known else UNKNOWN for letter in text)
