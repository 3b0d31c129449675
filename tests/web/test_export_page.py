"""Everything as one file, from the page Privacy."""

import io
import zipfile

from web.town import Town

from repbeat.people import accounts


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
