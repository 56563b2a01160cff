"""Whatever is said on the command line, the answer is a sentence: no gateway is needed to refuse these."""

import os

import pytest
from typer.testing import CliRunner

from weaver.cli.encoding import piped_in, stdin
from weaver.cli.errors import reporting_errors
from weaver.cli.exits import Exit
from weaver.cli.main import app

HALF = "caf\udce9"
NOWHERE = ("--url", "http://127.0.0.1:1")


def said(*words, piped=None, **environment):
    return CliRunner(env=environment).invoke(app, [*words], input=piped)


@pytest.mark.parametrize(
    "words",
    [
        ("ask", HALF),
        ("ask", "A story", "--model", HALF),
        ("ask", "A story", "--reference", HALF),
        ("ask", "A story", "--after", HALF),
        ("chat", "--after", HALF),
        ("resume", HALF),
        ("cancel", HALF),
        ("open", HALF),
        ("keys", "make", HALF, "name", "--admin-key", "k"),
        ("keys", "make", "tenant", HALF, "--admin-key", "k"),
        ("keys", "revoke", HALF, "--admin-key", "k"),
        ("keys", "list", "--admin-key", HALF),
    ],
)
def test_words_that_are_no_text_are_wrong_usage(words):
    result = said(*words, *NOWHERE)
    assert result.exit_code == Exit.USAGE
    assert "this is no text in UTF-8" in result.output


def test_standard_input_that_is_no_text_is_wrong_usage():
    result = said("ask", "-", *NOWHERE, piped=b"caf\xe9")
    assert result.exit_code == Exit.USAGE
    assert "this is no text in UTF-8, what came from standard input" in result.output


@pytest.mark.parametrize("read", [stdin, piped_in])
def test_standard_input_that_is_closed_is_wrong_usage(read, monkeypatch):
    import typer

    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(typer.BadParameter, match="no standard input"):
        read()


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://a..b", f"http://{'a' * 100}.de", "http://xn--a", "ftp://here"],
)
def test_what_is_no_address_is_wrong_usage(url):
    result = said("status", "--url", url)
    assert result.exit_code == Exit.USAGE
    assert "is no address of a gateway" in result.output


@pytest.mark.parametrize("key", ["clé", "two\nlines"])
def test_what_no_key_looks_like_is_wrong_usage(key):
    result = said("status", *NOWHERE, WEAVER_API_KEY=key)
    assert result.exit_code == Exit.USAGE
    assert "The key holds characters that no key has" in result.output


@pytest.mark.parametrize("name", [f"{'a' * 300}.md", "circle.md", "circle.md/story.md"])
def test_what_no_file_can_be_called_is_wrong_usage(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle.md").symlink_to("circle.md")
    result = said("ask", "A story", "-o", name, *NOWHERE)
    assert result.exit_code == Exit.USAGE
    assert "can't be the name of a file" in result.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_to_is_wrong_usage(tmp_path):
    tmp_path.chmod(0o500)
    result = said("ask", "A story", "-o", str(tmp_path / "story.md"), *NOWHERE)
    assert result.exit_code == Exit.USAGE
    assert "can't be written to" in result.output


def test_a_document_that_cannot_be_read_is_said(tmp_path):
    result = said("fill", "/proc/self/mem", *NOWHERE)
    assert result.exit_code == Exit.FAILED
    assert "Input/output error." in result.output


def test_that_nobody_reads_on_is_left_to_the_command_line_itself():
    with pytest.raises(BrokenPipeError), reporting_errors(as_json=False):
        raise BrokenPipeError
