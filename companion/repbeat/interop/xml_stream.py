"""XML read as a stream in bounded memory, with entities and external references refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from repbeat.interop.errors import DamagedFile

DEEPEST = 100  # elements in each other; exports have ten


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


def elements(stream: Readable, *names: str) -> Iterator[tuple[str, Element]]:
    """(local name, element) of each element with one of `names`, whole, as it ends; then it is emptied.

    What has been passed is dropped from the tree, so memory does not grow with the file. DamagedFile.
    """
    try:
        open_elements: list[Element] = []
        for event, element in iterparse(stream, events=("start", "end")):
            if event == "start":
                open_elements.append(element)
                if len(open_elements) > DEEPEST:
                    raise DamagedFile(f"its elements lie more than {DEEPEST} deep: no export's do")
                continue
            open_elements.pop()
            name = local(element)
            inside = any(local(outer) in names for outer in open_elements)
            if name in names:
                yield name, element
            if not inside:
                element.clear()
                if open_elements:
                    open_elements[-1].remove(element)
    except ParseError as error:
        raise DamagedFile(f"it is no whole XML file ({error}): copy it again") from error
    except DefusedXmlException as error:
        raise DamagedFile("it defines entities, which no export does: it is not read") from error


def local(element: Element) -> str:
    """Name without its namespace."""
    return str(element.tag).rpartition("}")[2]
