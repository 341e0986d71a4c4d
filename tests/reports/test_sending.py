"""Mail and webhooks against servers of this machine: what arrives, and that no failure to send loses a report."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from helpers.__main__ import app
from helpers.errors import ParamsError, RefusedError
from helpers.params import Report, read_report
from helpers.reports import sending
from helpers.reports.finishing import Result
from helpers.reports.publishing import Published
from helpers.reports.run_events import Event
from tests import shops


class Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 and of AUTH PLAIN as a mail needs; `server.refuses` answers 550 to the recipient."""

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self.say("250-here\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                self.server.logins.append(base64.b64decode(line.split()[2]).decode())
                self.say("235 welcome")
            elif verb == "RCPT" and self.server.refuses:
                self.say("550 nobody of that name")
            elif verb == "DATA":
                self.say("354 go on")
                self.server.mails.append(self.content())
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, self.headers["Content-Type"], json.loads(content)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def served(server: socketserver.TCPServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp)
    server.mails, server.logins, server.refuses = [], [], False
    monkeypatch.setenv("REGULARS_SMTP_URL", f"smtp://me:p%40ss@127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("REGULARS_MAIL_FROM", "reports@example.org")
    with served(server):
        yield server


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.posts, server.status, server.answer = [], 200, b'{"errcode": 0, "errmsg": "ok"}'
    for form in ("JSON", "SLACK", "WECOM", "DINGTALK"):
        monkeypatch.setenv(f"REGULARS_WEBHOOK_{form}", f"http://127.0.0.1:{server.server_address[1]}/{form}?key=s3cret")
    with served(server):
        yield server


def report(folder: Path, more: str) -> Report:
    return read_report(shops.write_params(folder / "shop.yml", folder / "orders.csv", more=more))


def sent(folder: Path, more: str, *, error: Exception | None = None, status: Any = "published") -> list[Event]:
    """The steps that are told when the notice of a report is sent, whose params hold `more`."""
    place = folder / "out" / "shop" / "2025-01-31"
    place.mkdir(parents=True, exist_ok=True)
    record = {"as_of": "2025-01-31", "headline": "销售额 fell by 5 %.", "findings": []}
    (place / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    (place / "index.html").write_text("<p>the overview</p>", encoding="utf-8")
    published = None if error else Published(place, status)
    steps: list[Event] = []
    sending.send([Result(report(folder, more), published, error, "green")], out=folder / "out", tell=steps.append)
    return steps


def test_a_mail_has_text_and_html_and_no_file_unless_asked(smtp: Any, tmp_path: Path) -> None:
    steps = sent(tmp_path, "tell_mail: [a@example.org, b@example.org]\n")
    assert [(step.kind, step.text) for step in steps] == [("sent", "shop 2025-01-31: told by mail")]
    mail = message_from_bytes(smtp.mails[0], policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "小店 <Shop>, 2025-01-31: published, data health green"
    assert (mail["From"], mail["To"]) == ("reports@example.org", "a@example.org, b@example.org")
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "- 销售额 fell by 5 %." in text
    assert "<li>销售额 fell by 5 %.</li>" in html
    assert not list(mail.iter_attachments())
    assert smtp.logins == ["\0me\0p@ss"]


def test_the_overview_goes_along_where_that_is_asked_for(smtp: Any, tmp_path: Path) -> None:
    sent(tmp_path, "tell_mail: [a@example.org]\ntell_attached: true\n")
    mail = message_from_bytes(smtp.mails[0], policy=policy.default)
    assert isinstance(mail, EmailMessage)
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "shop-2025-01-31.html"
    assert file.get_content().strip() == "<p>the overview</p>"


def test_each_service_gets_its_form(hook: Any, tmp_path: Path) -> None:
    steps = sent(tmp_path, "tell_webhooks: [json, slack, wecom, dingtalk]\n")
    assert [step.kind for step in steps] == ["sent"] * 4
    posts = {path: content for path, _, content in hook.posts}
    assert {kind for _, kind, _ in hook.posts} == {"application/json; charset=utf-8"}
    full = posts["/JSON?key=s3cret"]
    assert (full["report"], full["as_of"], full["status"], full["health"]) == (
        "shop",
        "2025-01-31",
        "published",
        "green",
    )
    assert full["claims"] == ["销售额 fell by 5 %."]
    assert "page" not in full
    assert posts["/SLACK?key=s3cret"]["text"].startswith("小店 &lt;Shop&gt;, 2025-01-31: published")
    wecom = posts["/WECOM?key=s3cret"]
    assert wecom["msgtype"] == "markdown"
    assert wecom["markdown"]["content"].startswith("**小店 <Shop>, 2025-01-31: published")
    dingtalk = posts["/DINGTALK?key=s3cret"]
    assert dingtalk["msgtype"] == "markdown"
    assert set(dingtalk["markdown"]) == {"title", "text"}


@pytest.mark.parametrize(
    ("status", "answer", "says"),
    [
        (500, b"", "127.0.0.1 answered 500"),
        (302, b"", "127.0.0.1 answered 302"),
        (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}', "127.0.0.1 answered with error code 93000"),
    ],
)
def test_what_a_webhook_refuses_has_its_line_without_the_secret(
    hook: Any, tmp_path: Path, status: int, answer: bytes, says: str
) -> None:
    hook.status, hook.answer = status, answer
    (step,) = sent(tmp_path, "tell_webhooks: [wecom]\n")
    assert (step.kind, step.text) == ("warn", f"shop 2025-01-31: not told by wecom: {says}")


def test_one_way_that_fails_stops_no_other(
    smtp: Any, hook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smtp.refuses = True
    monkeypatch.delenv("REGULARS_WEBHOOK_SLACK")
    monkeypatch.setenv("REGULARS_WEBHOOK_DINGTALK", "ftp://127.0.0.1/?key=s3cret")
    steps = sent(tmp_path, "tell_mail: [a@example.org]\ntell_webhooks: [slack, dingtalk, json]\n")
    assert [step.kind for step in steps] == ["warn", "warn", "warn", "sent"]
    assert "550" in steps[0].text
    assert "REGULARS_WEBHOOK_SLACK is not set" in steps[1].text
    assert not any("s3cret" in step.text for step in steps)


def test_no_server_at_all_is_a_line_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_SMTP_URL", "smtp://me:s3cret@127.0.0.1:1")
    monkeypatch.setenv("REGULARS_MAIL_FROM", "reports@example.org")
    (step,) = sent(tmp_path, "tell_mail: [a@example.org]\n")
    assert step.kind == "warn"
    assert step.text.startswith("shop 2025-01-31: not told by mail: ")
    assert "s3cret" not in step.text


def test_a_refusal_is_told_and_an_unchanged_report_is_not(smtp: Any, tmp_path: Path) -> None:
    assert sent(tmp_path, "tell_mail: [a@example.org]\n", status="unchanged") == []
    assert sent(tmp_path, "", error=RefusedError("It is red.")) == [], "nobody is to be told"
    sent(tmp_path, "tell_mail: [a@example.org]\n", error=RefusedError("It is red."))
    (mail,) = [message_from_bytes(each, policy=policy.default) for each in smtp.mails]
    assert mail["Subject"] == "小店 <Shop>, 2025-01-31: refused"


def test_a_file_that_is_no_report_is_told_to_whom_it_names(
    smtp: Any, hook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_TELL_MAIL", "keeper@example.org")
    broken = tmp_path / "broken.yml"
    broken.write_text("title: [no YAML\n", encoding="utf-8")
    wrong = shops.write_params(
        tmp_path / "shop.yml",
        tmp_path / "orders.csv",
        more="tell_mail: [a@example.org]\ntell_webhooks: [json]\nrefuse: perhaps\n",
    )
    argv = ["run", str(broken), str(wrong), "--out", str(tmp_path / "out")]
    ended = CliRunner().invoke(app, argv)
    assert isinstance(ended.exception, ParamsError)
    mails = [message_from_bytes(each, policy=policy.default) for each in smtp.mails]
    assert [mail["To"] for mail in mails] == ["keeper@example.org", "a@example.org"]
    assert mails[1]["Subject"] == f"小店 <Shop>, {datetime.now().astimezone().date()}: failed"
    assert "refuse" in mails[1].get_body(("plain",)).get_content()
    assert [content["status"] for _, _, content in hook.posts] == ["failed"]
