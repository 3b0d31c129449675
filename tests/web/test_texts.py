"""Every text in every language: none missing, none unused, same parameters; and pages that show it."""

import re

import pytest
from flask.testing import FlaskClient
from web.town import Town

from repbeat.coach import texts as coach
from repbeat.store import Database
from repbeat.web import form, i18n
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_tools import texts

OTHERS = [language for language in i18n.LANGUAGES if language != i18n.ENGLISH]
NAMED = re.compile(r"%\(\w+\)s|%%")
BRACED = re.compile(r"\{\w+(?::\w+)?\}")


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_or_unused(language: str) -> None:
    wanted, there = texts.renewed(language), texts.kept(language)
    assert {m.id for m in there} == {m.id for m in wanted}, "run `make texts`"
    assert texts.empty(there) == [], "translate these"
    assert [m.id for m in there if m.fuzzy and m.id] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_parameters_of_its_text(language: str) -> None:
    for message in texts.kept(language):
        ids = (message.id,) if isinstance(message.id, str) else message.id
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {name for one in ids for name in NAMED.findall(one)}
        for one in said:
            found = set(NAMED.findall(one))
            assert found <= wanted, one
            assert found == wanted or (message.pluralizable and wanted - found == {"%(num)s"}), one


@pytest.mark.parametrize("language", OTHERS)
def test_the_coach_says_the_same_in_every_language(language: str) -> None:
    english, other = coach.catalogue(), coach.catalogue(language)
    assert other.keys() == english.keys()
    for key, sentence in english.items():
        assert sorted(BRACED.findall(other[key])) == sorted(BRACED.findall(sentence)), key


@pytest.fixture
def open_client(trained: Database) -> FlaskClient:
    app = create_app(trained, access=Open("test"))
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def page(client: FlaskClient, path: str = "/", language: str = "") -> str:
    answer = client.get(path, headers={"Accept-Language": language} if language else {})
    return answer.get_data(as_text=True)


def test_the_browser_chooses_the_language_and_the_rule_speaks_it(open_client: FlaskClient) -> None:
    german = page(open_client, language="de-AT,de;q=0.9,en;q=0.5")
    assert '<html lang="de" dir="ltr"' in german
    assert "Kniebeuge" in german
    assert "62,5 kg" in german
    assert "Was sich änderte und warum" in german
    arabic = page(open_client, language="ar")
    assert '<html lang="ar" dir="rtl"' in arabic
    assert '<html lang="en" dir="ltr"' in page(open_client, language="fi")


def test_what_a_person_prefers_counts_before_the_browser(open_client: FlaskClient) -> None:
    chosen = {"language": "es", "units": "lb", "decimal_mark": "point", "week_start": "sunday", "zone": ""}
    assert open_client.post("/preferences", data=chosen).status_code == 302
    spanish = page(open_client, language="de")
    assert '<html lang="es"' in spanish
    assert "137.8 lb" in spanish  # 62.5 kg
    assert 'data-dates="es" data-numbers="en-GB"' in spanish  # charts and the live page write so, too
    assert 'value="sunday" selected' in page(open_client, "/preferences")
    for path in ("/streaks", "/programmes/five-by-five", "/programmes/five-by-five/edit"):
        whole = page(open_client, path).lower()
        assert 0 < whole.index("domingo") < whole.index("lunes"), path


def test_preferences_that_cannot_be_are_refused(open_client: FlaskClient) -> None:
    for wrong in ({"language": "xx"}, {"units": "stone"}, {"zone": "Nowhere/At_all"}):
        open_client.post("/preferences", data={"units": "kg", **wrong})
        assert 'class="said bad"' in page(open_client, "/preferences")
        assert '<html lang="en"' in page(open_client)


def test_each_account_has_its_own(town: Town) -> None:
    ann, coach_ = town.client(town.ann), town.client(town.people["coach"])
    ann.post("/preferences", data={"language": "de", "units": "kg", "zone": "Europe/Berlin"})
    assert 'lang="de"' in page(ann, "/account")
    assert 'lang="en"' in page(coach_, "/account")
    assert "Heute" in page(ann)


def test_the_log_of_ones_data_speaks_every_language(trained: Database) -> None:
    app = create_app(trained, access=Open("test"))
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert form.act("saw", "heart") == "sah Herz"
        assert form.act("gave consent", "account: live, heart") == "willigte ein Konto: live, Herz"
        assert form.act("exported everything", "") == "exportierte alles"
        assert form.act("set a plan", "revision 3") == "setzte einen Plan revision 3"
    with app.test_request_context():
        assert form.act("saw", "heart") == "saw heart"
