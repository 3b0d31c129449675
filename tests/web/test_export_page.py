"""Everything as one file, from the page Privacy."""

import http.client
import io
import logging
import zipfile
from typing import IO
from urllib.parse import urlsplit

import pytest
from web.town import Town

from repbeat.people import accounts, archive
from repbeat.people.spool import PIECE
from repbeat.store import Database, StoreCorrupt
from repbeat.web import background, logs


def test_the_page_gives_the_whole_archive(town: Town) -> None:
    (ann,) = accounts.owned(town.db, town.ann.account_id)
    answer = town.client(town.ann).post(f"/privacy/{ann}/export", data={"receipt": "17"})
    content = answer.get_data()
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=repbeat-")
    assert "receipt=17" in answer.headers["Set-Cookie"]
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        assert whole.testzip() is None
        assert {"schema.json", "tables/athletes.json", "csv/athletes.csv"} <= set(whole.namelist())


def test_one_that_breaks_off_is_no_whole_file_and_names_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def export(db: Database, athlete_id: str, to: IO[bytes], now_ms: int) -> None:
        to.write(bytes(PIECE))
        raise StoreCorrupt("a block of records is damaged")

    monkeypatch.setattr(archive, "export", export)
    (ann,) = accounts.owned(town.db, town.ann.account_id)
    client = town.client(town.ann)
    cookies = "; ".join(f"{one.key}={one.value}" for one in client._cookies.values())  # type: ignore[attr-defined]
    server = logging.getLogger("waitress")
    server.addFilter(logs.pathless)
    try:
        with background.served(town.app) as address:
            there = urlsplit(address)
            wire = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
            wire.request("POST", f"/privacy/{ann}/export", headers={"Cookie": cookies})
            answer = wire.getresponse()
            assert answer.status == 200
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
            wire.close()
    finally:
        server.removeFilter(logs.pathless)
    (said,) = [one.getMessage() for one in caplog.records if one.name == "waitress"]
    assert said == "Exception while serving"
    assert ann not in caplog.text
