"""Log lines without passwords and access keys."""

import logging

import pytest

from portal.helpspot.redaction import RedactSecrets, redact

NEW_KEY = "20990JkTyBvQwErZxLpOmNhGd"


@pytest.mark.parametrize(
    "line",
    [
        "GET /api?sEmail=a%40b&sPassword=s3cret%26x&x=1",
        "?method=request.get&accesskey=20871qwhbnv",
        "{'sPassword': 's3cret', 'x': 1}",
        '{"accesskey": "20871qwhbnv"}',
        "password=s3cret",
        "Password: s3cret",
        "<sRequestPassword>qwhbnv</sRequestPassword>",
        "<accesskey>20871qwhbnv</accesskey>",
        "opened 20871qwhbnv.",
        f"opened {NEW_KEY}",
        f'"GET /requests/open/{NEW_KEY}/ HTTP/1.1" 302',
        "GET /requests/open/20871qwhb HTTP/1.1",
        "/index.php?pg=request.check&id=20871qwhb",
        "/index.php?pg=request.check&amp;id=20871qwhb",
    ],
)
def test_masks_secrets_in_every_dress(line):
    masked = redact(line)

    for secret in ("s3cret", "qwhb", "JkTyBv", "26x"):
        assert secret not in masked
    assert "[hidden]" in masked


@pytest.mark.parametrize(
    "line",
    [
        "GET /kb/pages/16-unbox-the-printer/ 200",
        "R-7F3K-92QD is delivered",
        "took 12ms, 404 pages, 20871 requests",
        "the password was wrong",
        "4f1c9a7e0b2d4c6e8a0b2c4d6e8f0a1b2c3d4e5f",
    ],
)
def test_leaves_other_lines_alone(line):
    assert redact(line) == line


def test_masks_arguments_tracebacks_and_stacks():
    record = logging.LogRecord(
        "any", logging.ERROR, __file__, 1, "opened %s at 100%%", (NEW_KEY,), None
    )
    error = ValueError(f"accesskey={NEW_KEY}")
    record.exc_info = (ValueError, error, None)
    record.stack_info = f"Stack: password={NEW_KEY}"

    assert RedactSecrets().filter(record)
    line = logging.Formatter("%(message)s").format(record)

    assert "JkTyBv" not in line
    assert "opened [hidden] at 100%" in line
    assert "ValueError: accesskey=[hidden]" in line
