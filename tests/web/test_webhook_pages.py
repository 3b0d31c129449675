"""Webhooks on their page: connected, tested, seen how they fare, taken away; and who else may."""

import re

from api.receiver import Clock, Receiver
from web.town import Town

from repbeat.people import accounts, consent, tenants
from repbeat.webhooks import book, news
from repbeat.webhooks.courier import Courier
from repbeat_tools.sample import NOW_MS


def connect(town: Town, who: str, url: str, **more: object) -> str:
    """The page that answers."""
    town.app.extensions["repbeat.private_webhooks"] = True
    account = town.ann if who == "ann" else town.people[who]
    form = {"url": url, "event": list(book.EVENTS), **more}
    answer = town.client(account).post("/webhooks", data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def pinged(town: Town, who: str, webhook_id: str) -> int:
    account = town.ann if who == "ann" else town.people[who]
    return town.client(account).post(f"/webhooks/{webhook_id}/ping").status_code


def test_one_is_connected_tested_and_taken_away(town: Town, receiver: Receiver, sender: Courier) -> None:
    page = connect(town, "ann", receiver.url)
    secret = book.secret_of(town.db, book.every(town.db)[0]).decode()
    assert secret in page
    ann = town.client(town.ann)
    assert secret not in ann.get("/webhooks").text
    (webhook_id,) = re.findall(r"/webhooks/([0-9a-f]{32})/ping", ann.get("/webhooks").text)
    receiver.answers = [503]
    assert pinged(town, "ann", webhook_id) == 302
    assert "waiting" in ann.get("/webhooks").text
    sender.look()
    assert "the receiver answered: 503" in ann.get("/webhooks").text
    assert "der Empfänger antwortete: 503" in ann.get("/webhooks", headers={"Accept-Language": "de"}).text
    town.db.run("UPDATE webhook_deliveries SET next_ms = 0")
    sender.look()
    page = ann.get("/webhooks").text
    assert "delivered" in page
    assert "503" not in page
    assert [headers["RepBeat-Event"] for headers, _ in receiver.got].count("ping") == 2
    ann.post(f"/webhooks/{webhook_id}/remove")
    assert book.every(town.db) == []
    assert "None yet." in ann.get("/webhooks").text


def test_what_cannot_be_is_refused_and_said(town: Town) -> None:
    for form, says in (
        ({"url": "http://example.org/"}, "use https"),
        ({"url": "https://example.org/", "place": "elsewhere"}, "no gym or group of yours"),
        ({"url": "https://example.org/", "event": []}, "Choose what"),
        ({"url": "https://example.org/", "event": ["session.stolen"]}, "Choose what"),
    ):
        answer = town.client(town.ann).post(
            "/webhooks", data={"event": list(book.EVENTS), **form}, follow_redirects=True
        )
        assert says in answer.text
    assert book.every(town.db) == []


def test_a_gyms_tells_of_what_was_consented_to_the_gym(
    town: Town,
    receiver: Receiver,
    sender: Courier,
    clock: Clock,
) -> None:
    (athlete_id,) = accounts.owned(town.db, town.ann.account_id)
    connect(town, "operator", receiver.url, place="elsewhere")
    town.db.run("UPDATE webhooks SET created_ms = 0")
    olga = town.people["operator"]
    # What the operator may see by herself is not the gym's.
    consent.give(town.db, athlete_id, "account", olga.account_id, ["sessions", "plans"], NOW_MS)
    assert sender.look() == 0
    assert news.reaching(town.db, athlete_id, NOW_MS) == []
    (given,) = consent.give(town.db, athlete_id, "gym", "elsewhere", ["sessions"], NOW_MS)
    assert sender.look() == 1
    ((headers, body),) = receiver.got
    assert headers["RepBeat-Event"] == "session.ended"
    assert athlete_id.encode() in body
    # The athlete's own page says so.
    shown = town.client(town.ann).get(f"/services/{athlete_id}").text
    assert "1 webhook is told" in shown
    assert "Olga" in shown
    assert "/hook?x=1" not in shown
    consent.revoke(town.db, athlete_id, given.consent_id, NOW_MS)
    assert "1 webhook is told" not in town.client(town.ann).get(f"/services/{athlete_id}").text
    # Nobody who has left hears more.
    consent.give(town.db, athlete_id, "gym", "elsewhere", ["plans"], NOW_MS)
    tenants.leave(town.db, olga.account_id, "elsewhere", tenants.OPERATOR)
    town.db.run("DELETE FROM webhook_deliveries")
    assert sender.look() == 0


def test_a_gyms_is_overseen_by_all_who_operate_it(town: Town, receiver: Receiver) -> None:
    connect(town, "operator", receiver.url, place="elsewhere")
    (made,) = book.every(town.db)
    path = f"/webhooks/{made.webhook_id}"
    for who in ("coach", "athlete", "administrator"):
        assert pinged(town, who, made.webhook_id) == 404
        assert town.client(town.people[who]).post(f"{path}/remove").status_code == 404
        assert made.host not in town.client(town.people[who]).get("/webhooks").text
    coach = town.people["coach"]
    tenants.join(town.db, coach.account_id, "elsewhere", tenants.OPERATOR, NOW_MS)
    shown = town.client(coach).get("/webhooks").text
    assert made.host in shown
    assert "/hook?x=1" not in shown  # an address may hold a secret
    assert town.client(coach).post(f"{path}/remove").status_code == 302
    assert book.every(town.db) == []


def test_a_groups_hears_of_its_own_and_no_other(town: Town, receiver: Receiver, sender: Courier) -> None:
    (athlete_id,) = accounts.owned(town.db, town.ann.account_id)
    one, other = (tenants.add_group(town.db, "elsewhere", name) for name in ("Morning", "Evening"))
    coach = town.people["coach"].account_id
    tenants.join(town.db, coach, "elsewhere", tenants.COACH, NOW_MS, one.group_id)
    assert "no gym or group" in connect(town, "coach", receiver.url, place=f"elsewhere/{other.group_id}")
    connect(town, "coach", receiver.url, place=f"elsewhere/{one.group_id}")
    town.db.run("UPDATE webhooks SET created_ms = 0")
    consent.give(town.db, athlete_id, "group", f"elsewhere/{other.group_id}", ["sessions"], NOW_MS)
    assert sender.look() == 0
    consent.give(town.db, athlete_id, "group", f"elsewhere/{one.group_id}", ["sessions"], NOW_MS)
    assert sender.look() == 1


def test_settled_deliveries_are_forgotten_and_not_told_again(
    town: Town,
    receiver: Receiver,
    sender: Courier,
    clock: Clock,
) -> None:
    connect(town, "ann", receiver.url)
    town.db.run("UPDATE webhooks SET created_ms = 0")
    assert sender.look() == 1
    clock.unix_s += 29 * 24 * 3600
    assert sender.look() == 0
    assert town.db.value("SELECT COUNT(*) FROM webhook_deliveries") == 0
    assert len(receiver.got) == 1
