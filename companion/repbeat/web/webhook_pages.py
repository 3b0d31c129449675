"""Webhooks of one's account and of the gyms that one operates: connect, test, disconnect, last deliveries."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.people import accounts, tenants
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound
from repbeat.web import words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.webhooks import book, targets
from repbeat.webhooks.book import Webhook
from repbeat.webhooks.errors import WebhookError

hooks = Blueprint("hooks", __name__)

SHOWN = 10  # deliveries of each


@hooks.get("/webhooks")
@needs(Role.SIGNED_IN)
def own() -> str:
    """All that one oversees, each with its last deliveries."""
    return _page()


@hooks.post("/webhooks")
@needs(Role.SIGNED_IN)
def connect() -> ResponseReturnValue:
    """Connect a receiver; the secret is on the answer and nowhere else."""
    form, mine = request.form, _mine()
    url, events = form.get("url", "").strip(), form.getlist("event")
    if not events or not set(events) <= set(book.EVENTS):
        flash(_("Choose what it is to be told of."), "bad")
        return redirect(url_for("hooks.own"))
    try:
        targets.check(url, private=current_app.extensions["repbeat.private_webhooks"])
        made, secret = book.add(store(), mine, url, events, now_ms(), form.get("place", ""))
    except (WebhookError, NotFound) as error:
        flash(told(error), "bad")
        return redirect(url_for("hooks.own"))
    return _page(made, secret)


@hooks.post("/webhooks/<webhook_id>/ping")
@needs(Role.SIGNED_IN)
def ping(webhook_id: str) -> ResponseReturnValue:
    """Have a test delivered."""
    book.ping(store(), _overseen(webhook_id), now_ms())
    flash(_("A test is on its way: reload the page in a few seconds to see what became of it."), "good")
    return redirect(url_for("hooks.own"))


@hooks.post("/webhooks/<webhook_id>/remove")
@needs(Role.SIGNED_IN)
def disconnect(webhook_id: str) -> ResponseReturnValue:
    """Take it away, with what waits for it."""
    book.remove(store(), _overseen(webhook_id))
    flash(_("Nothing more is sent there."), "good")
    return redirect(url_for("hooks.own"))


def _page(made: Webhook | None = None, secret: str = "") -> str:
    db, mine = store(), _mine()
    names = _places()
    return render_template(
        "webhooks.html",
        webhooks=[
            (one, names.get(one.place, one.place), one.account_id == mine, book.deliveries(db, one, SHOWN))
            for one in book.overseen(db, mine, gate().viewer.operates)
        ],
        places=[("", _("All whom I may see")), *((one, names[one]) for one in book.places(db, mine))],
        made=made,
        secret=secret,
        events={event: words.EVENTS[event] for event in book.EVENTS},
        meanings=words.EVENTS,
    )


def _places() -> dict[str, str]:
    """Every gym and group in words, as a webhook's place names them."""
    db, out = store(), {}
    for gym in tenants.gyms(db):
        out[gym.gym_id] = gym.name
        for group in tenants.groups(db, gym.gym_id):
            out[f"{gym.gym_id}/{group.group_id}"] = _(
                "the group %(group)s of %(gym)s", group=group.name, gym=gym.name
            )
    return out


def _mine() -> str:
    """The account that asks; NotFound on an open companion, where nobody has signed in."""
    return accounts.get(store(), gate().viewer.account_id).account_id


def _overseen(webhook_id: str) -> Webhook:
    return book.get(store(), _mine(), webhook_id, gate().viewer.operates)
