"""Notices sent by mail and to webhooks: servers and secrets from the environment; what fails stops no run."""

from __future__ import annotations

import http.client
import json
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from helpers.errors import ParamsError
from helpers.params import Publication, Unread
from helpers.redaction import redacted
from helpers.reports.finishing import Result
from helpers.reports.notices import Notice, as_html, as_markdown, as_text, is_wanted, notice, unread_notice
from helpers.reports.run_events import Event, Tell

SMTP_VARIABLE = "REGULARS_SMTP_URL"
"""Such as smtps://name:password@mail.example.org:465, or smtp://mail.example.org:587."""
SENDER_VARIABLE = "REGULARS_MAIL_FROM"
WEBHOOK_VARIABLE = "REGULARS_WEBHOOK_{form}"
"""The address of a webhook, by its form: REGULARS_WEBHOOK_JSON, _SLACK, _WECOM, _DINGTALK."""
TIMEOUT_SECONDS = 20.0
LONGEST_WECOM, LONGEST_DINGTALK, LONGEST_SLACK = 4096, 20000, 40000
"""Bytes of a message that these services take."""


class SendError(Exception):
    """A notice that could not be sent, in words that hold no secret."""


FAILURES = (SendError, OSError, smtplib.SMTPException, http.client.HTTPException, ValueError, KeyError)
"""What sending may end with: a server, a certificate, an address, a record that cannot be read."""


def send(results: Sequence[Result], *, out: Path, tell: Tell) -> None:
    """Send what the params of each report ask for; what cannot be sent is told, and changes nothing else.

    Parameters
    ----------
    results
        How the reports of a run ended.
    out
        The folder of all reports.
    tell
        Told each notice that was sent, and each that could not be.
    """
    for result in results:
        name, day, publication = result.report.name, result.report.as_of.isoformat(), result.report.publication
        _send_each(name, day, publication, partial(notice, result, out=out), tell)


def send_unread(unread: Unread, error: ParamsError, *, tell: Tell) -> None:
    """Send why a parameter file is no report to whom it names, as far as it can be read; nothing is run for it.

    Parameters
    ----------
    unread
        What can be read of the file.
    error
        What is wrong with it.
    tell
        Told each notice that was sent, and each that could not be.
    """
    day = datetime.now().astimezone().date().isoformat()  # of the machine, as its scheduler has it
    _send_each(unread.name, day, unread.publication, partial(unread_notice, unread, error, day=day), tell)


def _send_each(name: str, day: str, publication: Publication, make: Callable[[], Notice], tell: Tell) -> None:
    for way in _ways(publication):
        try:
            is_sent = _send(make(), way, publication)
        except FAILURES as error:
            reason = redacted(str(error)) or type(error).__name__
            tell(Event("warn", f"{name} {day}: not told by {way}: {reason}", name, day))
        else:
            if is_sent:
                tell(Event("sent", f"{name} {day}: told by {way}", name, day))


def _ways(publication: Publication) -> Iterator[str]:
    yield from ["mail"] if publication.tell_mail else []
    yield from publication.tell_webhooks


def _send(told: Notice, way: str, publication: Publication) -> bool:
    """Whether a notice was wanted, and sent."""
    if not is_wanted(told, publication.tell_when):
        return False
    if way == "mail":
        _mail(message(told, to=publication.tell_mail, attached=publication.tell_attached))
    else:
        _post(_variable(WEBHOOK_VARIABLE.format(form=way.upper())), payload(told, form=way))
    return True


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SendError(f"the environment variable {name} is not set")
    return value


def message(told: Notice, *, to: Sequence[str], attached: bool) -> EmailMessage:
    """A notice as a mail: text, and HTML beside it; the overview as a file where that is asked for."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = told.subject, _variable(SENDER_VARIABLE), ", ".join(to)
    mail["Date"], mail["Message-ID"] = formatdate(localtime=True), make_msgid(domain="regulars.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(as_text(told))
    mail.add_alternative(as_html(told), subtype="html")
    if attached and told.page is not None:
        name = f"{told.report}-{told.as_of}.html"
        mail.add_attachment(told.page.read_bytes(), maintype="text", subtype="html", filename=name)
    return mail


def _mail(mail: EmailMessage) -> None:
    url = urlsplit(_variable(SMTP_VARIABLE))
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise SendError(f"{SMTP_VARIABLE} must be smtp://HOST:PORT or smtps://HOST:PORT")
    with _server(url) as server:
        server.ehlo()
        if url.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(mail)


def _server(url: SplitResult) -> smtplib.SMTP:
    host = url.hostname or ""
    if url.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_SECONDS)


def payload(told: Notice, *, form: str) -> dict[str, Any]:
    """A notice in the form that a webhook takes: json (all of it), slack, wecom (企业微信) or dingtalk (钉钉)."""
    match form:
        case "slack":
            text = as_text(told)[:LONGEST_SLACK]
            return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
        case "wecom":
            return {"msgtype": "markdown", "markdown": {"content": as_markdown(told, longest=LONGEST_WECOM)}}
        case "dingtalk":
            text = as_markdown(told, longest=LONGEST_DINGTALK)
            return {"msgtype": "markdown", "markdown": {"title": told.subject, "text": text}}
    return {name: value for name, value in asdict(told).items() if name != "page"}


def _post(address: str, content: dict[str, Any]) -> None:
    """Post JSON; a status other than 2xx, or an error code in the answer, as 企业微信 and 钉钉 give it, is an error."""
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise SendError("the address of a webhook must begin with https:// or http://")
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname, url.port, timeout=TIMEOUT_SECONDS)
    try:
        body = json.dumps(content, ensure_ascii=False).encode()
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8"})
        answer = connection.getresponse()
        text = answer.read(10_000).decode("utf-8", errors="replace")
    finally:
        connection.close()
    if answer.status // 100 != 2:
        raise SendError(f"{url.hostname} answered {answer.status}")
    if _error_code(text):
        raise SendError(f"{url.hostname} answered with error code {_error_code(text)}")


def _error_code(text: str) -> int:
    try:
        answer = json.loads(text)
    except ValueError:
        return 0
    code = answer.get("errcode", 0) if isinstance(answer, dict) else 0
    return int(code) if isinstance(code, int) else 0
