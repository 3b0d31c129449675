"""A result that its athlete signs and anybody verifies, in the browser as on the command line."""

import io

from web.town import ANNS, Town

from repbeat.community import summary
from repbeat.people import accounts, consent
from repbeat_tools.sample import NOW_MS

RESULT = f"/results/{ANNS['device_id']}/{ANNS['log']}/{ANNS['session_seq']}"


def verified(town: Town, content: bytes) -> str:
    data = {"file": (io.BytesIO(content), "result.json")}
    answer = town.client(None).post("/verify", data=data)
    assert answer.status_code == 200
    return answer.text


def test_ones_own_session_is_signed_and_anybody_verifies_it(town: Town) -> None:
    ann = town.client(town.ann)
    page = f"/sessions/{ANNS['device_id']}/{ANNS['log']}/{ANNS['session_seq']}"
    assert RESULT in ann.get(page).text
    answer = ann.get(RESULT, query_string={"as": "Fox"})
    assert "attachment" in answer.headers["Content-Disposition"]
    assert summary.verify(answer.data)[0].name == "Fox"
    shown = verified(town, answer.data)
    assert "nothing of it was changed" in shown
    assert "Fox" in shown
    assert "Athlete A" not in shown


def test_a_changed_one_is_not_believed(town: Town) -> None:
    content = town.client(town.ann).get(RESULT).data
    for wrong in (content.replace(b'"reps":10', b'"reps":99', 1), b"", b"{}", b"\xff" * 2000):
        shown = verified(town, wrong)
        assert "nothing of it was changed" not in shown
        assert 'class="said bad"' in shown


def test_nobody_signs_anothers(town: Town) -> None:
    (own,) = accounts.owned(town.db, town.ann.account_id)
    consent.give(town.db, own, "account", town.people["athlete"].account_id, [consent.SESSIONS], NOW_MS)
    for who in ("athlete", "coach", "operator", "administrator"):
        assert town.client(town.people[who]).get(RESULT).status_code in (403, 404)
    assert town.client(town.ann).get("/results/x/zz/1").status_code == 404
