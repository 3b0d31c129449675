"""Before each request: who asks, whether the route is for them, whether a form is this site's own."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, has_request_context, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from repbeat.people import roles, setup, signin, tokens, viewer
from repbeat.people.roles import Access, Role
from repbeat.people.viewer import Gate, Viewer
from repbeat.web import uploads
from repbeat.web.access import Open, is_loopback, is_loopback_host
from repbeat.web.context import companion, now_ms, store
from repbeat.web.limits import Buckets, Limits

# Nothing is loaded from other hosts, nothing inline runs, no page may be framed.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "private, no-cache",
}
_A_YEAR_S = 365 * 24 * 3600
SIGN_IN = "sign_in"  # key in the browser's session


class _Cookie(SecureCookieSessionInterface):
    """Secure whenever the request came by https, also through a proxy that is trusted."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return has_request_context() and request.is_secure


def install(app: Flask, limits: Limits) -> None:
    """Guard all of an application's routes."""
    app.session_interface = _Cookie()
    app.config.update(
        SESSION_COOKIE_NAME="repbeat",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=signin.LONGEST_MS // 1000,
        MAX_CONTENT_LENGTH=limits.body_bytes,
        UPLOAD_BYTES=limits.upload_bytes,
        MAX_FORM_MEMORY_SIZE=limits.body_bytes,
        WTF_CSRF_CHECK_DEFAULT=False,  # checked below, once it is known that no token was given
        WTF_CSRF_TIME_LIMIT=None,  # as long as the browser's session
    )
    csrf = CSRFProtect(app)
    buckets = Buckets(limits)
    app.extensions["repbeat.routes"] = {}

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        g.gate = Gate(store(), viewer.NOBODY, now_ms())
        asking, by_token = _who()
        g.gate = Gate(store(), asking, now_ms())
        if request.endpoint is None:
            return None  # nothing is there: 404
        wait_s = buckets.wait_s(asking.account_id or f"address {request.remote_addr}")
        if wait_s:
            raise TooManyRequests(
                f"Too many requests: wait {math.ceil(wait_s)} s.", retry_after=math.ceil(wait_s)
            )
        request.max_content_length = uploads.most_bytes(app, request.path)  # of this request alone
        # A program that forgot its token is told so (401); a browser that is signed in proves its form.
        forgot = not asking.signed_in and _is_api()
        if not by_token and not forgot and app.config["WTF_CSRF_ENABLED"]:
            csrf.protect()
        wanted: Access = app.extensions["repbeat.routes"][request.endpoint]
        return None if asking.may_call(wanted) else _refused(asking, wanted)

    @app.context_processor
    def who() -> dict[str, Viewer]:
        return {"viewer": g.gate.viewer if "gate" in g else viewer.NOBODY}

    @app.after_request
    def secured(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_A_YEAR_S}")
        return response


def declare(app: Flask) -> None:
    """Read the role of each route; UndeclaredRoute if one has none. Call when all are registered."""
    roles.needs(Role.ANYONE)(app.view_functions["static"])
    app.extensions["repbeat.routes"] = roles.table(app)


def _who() -> tuple[Viewer, bool]:
    """Who asks, and whether they say so by a token."""
    db, access = store(), companion().access
    if isinstance(access, Open):
        if not (is_loopback(request.remote_addr) and is_loopback_host(request.host)):
            raise Forbidden("This companion is open to its own computer alone: start it with accounts.")
        return viewer.EVERYBODY, False
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind:
        found = tokens.used(db, text.strip(), now_ms()) if kind.casefold() == "bearer" else None
        if found is None:
            raise Unauthorized("This token is not known, or no longer: `repbeat token` makes another.")
        return viewer.of_account(db, found[0], found[1].scope_set), True
    secret = session.get(SIGN_IN)
    account = signin.account_of(db, secret, now_ms()) if isinstance(secret, str) else None
    return (viewer.of_account(db, account) if account else viewer.NOBODY), False


def _refused(asking: Viewer, wanted: Access) -> ResponseReturnValue:
    if asking.signed_in:
        if asking.scopes is not None and wanted.scope not in asking.scopes:
            named = f"the scope {wanted.scope!r}" if wanted.scope else "signing in: no token will do"
            abort(403, f"This needs {named}.")
        abort(403, f"This is for the role {wanted.role.value!r}: ask an administrator for it.")
    if _is_api() or request.method != "GET":
        abort(401, "Sign in, or send a token: `Authorization: Bearer …`; `repbeat token` makes one.")
    if setup.is_due(store()):
        return redirect(url_for("account.set_up"))
    return redirect(url_for("account.sign_in", to=request.full_path.rstrip("?")))


def _is_api() -> bool:
    return request.path.startswith("/api/")


def local_path(to: str | None) -> str | None:
    """A path of this site, to go on to; None for anything else, which might be another site."""
    if not to or not to.startswith("/") or to.startswith(("//", "/\\")) or "\\" in to:
        return None
    parts = urlsplit(to)
    return to if not parts.netloc and not parts.scheme and to.isprintable() else None
