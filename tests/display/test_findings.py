"""Findings: what is said, and what other programs read of it."""

from __future__ import annotations

import json
from typing import Any

from helpers.display.findings import FINDINGS, Finding, Lacking, collected, is_lacking, tell

ONE = Finding("a_key", "Half <b>of</b> them.", 0.5, 0.4, float("nan"), 10, "share")
TWO = Finding("b_key", "Nothing to say.")


def test_a_missing_number_is_null_in_json() -> None:
    assert json.loads(json.dumps(ONE.record())) == {
        "key": "a_key", "sentence": "Half <b>of</b> them.", "value": 0.5, "low": 0.4, "high": None, "n": 10, "unit": "share",
        "claim": "Half <b>of</b> them.", "evidence": "",
    }  # fmt: skip


def test_text_of_data_cannot_become_markup(shown: list[dict[str, Any]]) -> None:
    tell(ONE)
    assert shown[0]["text/html"] == '<p class="finding">Half &lt;b&gt;of&lt;/b&gt; them.</p>'
    assert shown[0]["text/plain"] == "Half <b>of</b> them."


def test_evidence_stands_under_its_claim(shown: list[dict[str, Any]]) -> None:
    tell(Finding("c", "A claim.", evidence="95 % <of> all."))
    assert shown[0]["text/html"] == '<p class="finding">A claim.</p><p class="evidence">95 % &lt;of&gt; all.</p>'
    assert shown[0]["text/plain"] == shown[0][FINDINGS]["findings"][0]["sentence"] == "A claim. 95 % <of> all."


def test_several_findings_are_a_list_in_order(shown: list[dict[str, Any]]) -> None:
    tell(ONE, TWO)
    assert shown[0]["text/html"].count("<li>") == 2
    assert [finding["key"] for finding in shown[0][FINDINGS]["findings"]] == ["a_key", "b_key"]


def test_what_is_lacking_is_said_in_one_line_after_what_is_known(shown: list[dict[str, Any]]) -> None:
    tell(Lacking("d", "A table `d` would show it.", evidence="In part."), ONE, Lacking("e", "So would `e`."))
    assert [is_lacking({"data": data}) for data in shown] == [False, True]
    assert shown[0]["text/html"].startswith('<p class="finding">Half')
    assert shown[1]["text/html"] == ("<p>A table <code>d</code> would show it. In part. So would <code>e</code>.</p>")
    assert [finding["key"] for finding in collected([{"data": data} for data in shown])] == ["a_key", "d", "e"]


def test_a_key_is_collected_once_from_all_outputs(shown: list[dict[str, Any]]) -> None:
    tell(ONE)
    tell(ONE, TWO)
    outputs = [{"data": bundle} for bundle in shown] + [{"output_type": "stream", "text": "x"}]
    assert [finding["key"] for finding in collected(outputs)] == ["a_key", "b_key"]


def test_the_last_digits_of_a_float_are_not_told() -> None:
    one, other = (Finding("x", "x.", value).record()["value"] for value in (82111.4312410116, 82111.43124101171))
    assert one == other == 82111.43
