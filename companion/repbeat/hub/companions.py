"""The companion elsewhere that a hub works for: one of several addresses answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import httpx
import msgspec

Answer = TypeVar("Answer")
LIMIT_S = 30.0


class UploadFailed(Exception):
    """The companion did not take it: what was not acknowledged stays here and is sent again."""


class Companions:
    """Asks one of `addresses`, the next where one fails; from one thread. `token`: with the scope `hub`."""

    def __init__(self, addresses: Sequence[str], token: str, limit_s: float = LIMIT_S) -> None:
        self._addresses = [address.rstrip("/") for address in addresses]
        self._client = httpx.Client(timeout=limit_s, headers={"Authorization": f"Bearer {token}"})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, kind: type[Answer], method: str, path: str, body: Any) -> Answer:
        """The answer of the first that gives one, which is asked first next time; UploadFailed."""
        problem = "no address is named"
        for address in tuple(self._addresses):
            try:
                answer = self._client.request(
                    method,
                    address + path,
                    content=msgspec.json.encode(body),
                    headers={"Content-Type": "application/json"},
                )
            except httpx.HTTPError as error:
                problem = f"{address} does not answer ({type(error).__name__})"
            else:
                if answer.is_success:
                    try:
                        return msgspec.json.decode(answer.content, type=kind)
                    except msgspec.DecodeError:  # a network's own page of signing in, most likely
                        problem = f"{address} answers as no companion does: look at the address"
                else:
                    problem = f"{address} answered {answer.status_code}: {_detail(answer)}"
                    if answer.status_code < 500 and answer.status_code != 429:
                        break  # another one would say the same
            self._addresses.append(self._addresses.pop(0))
        raise UploadFailed(problem)


def _detail(answer: httpx.Response) -> str:
    """What a problem+json says to do."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
