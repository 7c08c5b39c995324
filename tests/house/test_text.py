"""What the page rules forbid in templates and code: inline handlers, styles and scripts, and words that cannot be
translated. Each exemption carries its reason.
"""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for folder in (ROOT / "templates", *(ROOT / "apps").glob("*/templates"))
    for path in folder.rglob("*.html")
)
PYTHON = sorted(
    path
    for folder in ("apps", "remotehelp_site")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)

# Words that are the same in every language.
SAME_EVERYWHERE = {
    "Remote Help": "the product's name",
    "SHA-256": "the standard's name",
    "· Remote Help": "the product's name, after a page's title",
}
# Attributes that people read.
READ_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "data-label"}
# A template, and why it may hold what is otherwise forbidden.
MAY_HOLD_WORDS: dict[str, str] = {}

_HANDLER = re.compile(r"""<[^>]*\son[a-z]+\s*=\s*["']""", re.IGNORECASE)
_STYLE = re.compile(r"""<[^>]*\sstyle\s*=\s*["']""", re.IGNORECASE)
_STYLE_ELEMENT = re.compile(r"<style[\s>]", re.IGNORECASE)
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>", re.IGNORECASE)
_SCRIPT_SOURCE = re.compile(r"\ssrc\s*=")
_DATA_SCRIPT = re.compile(r"""type\s*=\s*["']application/(ld\+)?json["']""")
_LETTERS = re.compile(r"[^\W\d_]{2,}")

_MARK = "\ufffc"  # stands for what a tag of the template language puts there


def forbidden_markup(text: str) -> list[str]:
    """What a strict content security policy would refuse to run or to show."""
    found = []
    if _HANDLER.search(text):
        found.append("an inline event handler (on...=): attach it in a module, by a data attribute")
    if _STYLE.search(text) or _STYLE_ELEMENT.search(text):
        found.append("an inline style: give it a class")
    found += [
        "a script without src: put it into a module"
        for script in _SCRIPT.finditer(text)
        if not _SCRIPT_SOURCE.search(script["attributes"])
        and not _DATA_SCRIPT.search(script["attributes"])
    ]
    return found


# What these hold is translated, or for nobody.
_HIDING = (["blocktranslate"], ["blocktrans"], ["comment"])
# Blocks of the base templates that stand inside a tag.
_ATTRIBUTE_BLOCKS = (["block", "page_class"], ["block", "body_attributes"])


class _Words(HTMLParser):
    """Collects what people would read that did not come through a tag of the template language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "code", "kbd"):
            self._silent += 1
        for name, value in attrs:
            if name in READ_ATTRIBUTES and value:
                self._take(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "code", "kbd"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._take(data)

    def _take(self, text: str) -> None:
        said = " ".join(text.replace(_MARK, " ").split())
        if _LETTERS.search(said) and said not in SAME_EVERYWHERE:
            self.found.append(said)


def bare_words(template: str) -> list[str]:
    """Words of a template outside of translate, blocktranslate and variables."""
    kept: list[str] = []
    inside = ""
    for token in Lexer(template).tokenize():
        tag = token.contents.split()[:2] if token.token_type == TokenType.BLOCK else []
        if not inside and (tag[:1] in _HIDING or tag in _ATTRIBUTE_BLOCKS):
            inside = tag[0]
        elif tag[:1] == [f"end{inside}"]:
            inside = ""
        if token.token_type == TokenType.TEXT and not inside:
            kept.append(token.contents)
        elif token.token_type != TokenType.COMMENT:
            kept.append(_MARK)
    parser = _Words()
    # A tag whose very name is chosen by the template is a tag still.
    parser.feed(re.sub(f"<(/?){_MARK}+", r"<\1x-", "".join(kept)))
    parser.close()
    return parser.found


def _html_in(source: str) -> list[str]:
    """Strings of a Python file that hold markup; docstrings only tell about it."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in told
        and "<" in node.value
    ]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_templates_to_look_at():
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_holds_nothing_inline(path):
    assert forbidden_markup(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_holds_no_word_that_cannot_be_translated(path):
    if _name(path) in MAY_HOLD_WORDS:
        return
    assert bare_words(path.read_text(encoding="utf-8")) == []


def test_python_holds_no_inline_markup():
    found = {
        _name(path): wrong
        for path in PYTHON
        for text in _html_in(path.read_text(encoding="utf-8"))
        if (wrong := forbidden_markup(text))
    }
    assert found == {}


def test_every_exemption_is_used_and_has_a_reason():
    for name, reason in MAY_HOLD_WORDS.items():
        assert bare_words((ROOT / name).read_text(encoding="utf-8")), f"{name} needs no exemption"
        assert len(reason) > 10
    everything = " ".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    for words in SAME_EVERYWHERE:
        assert words in everything or words.removeprefix("· ") in everything


@pytest.mark.parametrize(
    "text",
    [
        '<button onclick="go()">',
        "<a href='#' onClick='go()'>",
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>go()</script>",
        '<script type="module">go()</script>',
    ],
)
def test_the_rule_against_inline_markup_finds_it(text):
    assert forbidden_markup(text)


@pytest.mark.parametrize(
    "text",
    [
        '<button data-on="x" type="button">',
        '<script type="module" src="/static/a.js"></script>',
        '<script id="x" type="application/json">{}</script>',
        "<p>on = 3</p>",
    ],
)
def test_the_rule_against_inline_markup_lets_the_rest_pass(text):
    assert forbidden_markup(text) == []


def test_the_rule_for_words_tells_bare_ones_from_translated_ones():
    assert bare_words("<p>Hello</p>") == ["Hello"]
    assert bare_words("<p>{{ name }} left</p>") == ["left"]
    assert bare_words('<img alt="A cat">') == ["A cat"]
    assert bare_words("<p>{% translate 'Hello' %} {{ name }} – 3:15</p>") == []
    assert bare_words("{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}") == []
    assert bare_words("<img alt=\"{% translate 'A cat' %}\">") == []
    assert bare_words("{% block page_class %}wide page{% endblock %}<p>After</p>") == ["After"]
    assert bare_words("<{% if a %}a href=b{% else %}button{% endif %} class=c>Hi</a>") == ["Hi"]
    assert bare_words("{# a note #}<code>GET</code>{% comment %}words{% endcomment %}") == []
