"""The web application, made by a factory: no side effects at import, everything it needs is given."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from repbeat.api import routes
from repbeat.api.feed import Feed
from repbeat.api.live import Streams
from repbeat.hub import events
from repbeat.people import keys
from repbeat.store import Database
from repbeat.web import access, bodies, delivery, errors, form, guard, i18n, logs, metrics, own, typed
from repbeat.web.account_pages import account
from repbeat.web.band_pages import bands
from repbeat.web.calibration_pages import calibrating
from repbeat.web.coaching_pages import coaching
from repbeat.web.contest_pages import contests
from repbeat.web.context import Companion, LiveSource
from repbeat.web.guard import SECURITY_HEADERS
from repbeat.web.gym_pages import gym
from repbeat.web.import_pages import importing
from repbeat.web.limits import Limits
from repbeat.web.monitoring import monitoring
from repbeat.web.morning_pages import morning
from repbeat.web.pages import pages
from repbeat.web.people_pages import people
from repbeat.web.privacy_pages import privacy
from repbeat.web.programme_pages import programmes
from repbeat.web.recovery_pages import recovery
from repbeat.web.rehab_pages import rehab
from repbeat.web.report_pages import reports
from repbeat.web.result_pages import results
from repbeat.web.roster_pages import roster
from repbeat.web.services_pages import services
from repbeat.web.shared_api import shared_api
from repbeat.web.shared_pages import shared
from repbeat.web.streak_pages import streak
from repbeat.web.today_pages import today
from repbeat.web.together_pages import together
from repbeat.web.wall_pages import wall
from repbeat.web.webhook_pages import hooks

__all__ = ["SECURITY_HEADERS", "create_app"]


def create_app(
    database: Database,
    live: LiveSource = dict,
    unix_s: Callable[[], float] = time.time,
    *,
    access: access.Access = access.Accounts(),  # noqa: B008
    limits: Limits = Limits(),  # noqa: B008
    trusted_proxies: int = 0,
    feed: Feed | None = None,
    private_webhooks: bool = False,
    tell: Callable[[events.Event], None] = lambda _: None,
) -> Flask:
    """The pages over one store; `live` gives each device's state now, by device id; `unix_s` is the clock.

    Without `access` people sign in. `trusted_proxies`: how many of them stand in front and say whom they
    speak for. `feed`: what streams tell of. `private_webhooks`: they may be in the local network. `tell`
    hears what hubs hand in. UndeclaredRoute if a route says not whom it is for.
    """
    app = Flask(__name__)
    app.request_class = bodies.Request
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(form.FILTERS | typed.FILTERS)
    app.extensions["repbeat"] = Companion(database, live, unix_s, access, threading.Event())
    app.secret_key = _cookie_key(database, access)
    app.config["TRUSTED_PROXIES"] = trusted_proxies
    if trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies)  # type: ignore[method-assign]
    logs.install(app)
    app.extensions["repbeat.metrics"] = metrics.install(app, database, unix_s)
    errors.install(app)
    guard.install(app, limits)
    i18n.install(app)
    own.install(app)
    delivery.install(app)
    for blueprint in (
        *(pages, today, wall, roster, coaching, morning, programmes, account, privacy, people, services),
        *(gym, calibrating, together, contests, streak, recovery, reports, results, shared, shared_api),
        *(delivery.delivery, monitoring, hooks, rehab, bands, importing),
    ):
        app.register_blueprint(blueprint)
    app.extensions["repbeat.streams"] = Streams(feed or Feed(), limits)
    app.extensions["repbeat.private_webhooks"] = private_webhooks
    app.extensions["repbeat.tell"] = tell
    routes.install(app)
    guard.declare(app)
    return app


def _cookie_key(database: Database, how: access.Access) -> bytes:
    """The same in every process of an installation; an open companion signs nobody in and needs none kept."""
    if isinstance(how, access.Open):
        return secrets.token_bytes(32)
    return keys.of(database).subkey("cookies")
