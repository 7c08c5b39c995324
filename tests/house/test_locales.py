"""What every catalogue in `locale/` must be: whole, certain, and true to what the code and the templates say (I1).

Read and extracted with Babel alone, so that no gettext needs to be installed. `makemessages`, which does need it,
finds the same messages: its keywords are Django's, and its view of a template is Django's `templatize`.
"""

from __future__ import annotations

import ast
import gettext
import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import django
import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import templatize, to_locale

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
DJANGOS_OWN = Path(django.__file__).parent / "conf" / "locale"
SOURCES = sorted(
    path
    for folder in ("agent/remotehelp_app", "apps", "remotehelp_site", "templates")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".html", ".txt"}
)

# A message as catalogues tell it apart from others: its context, its text, its text for many.
Key = tuple[str, str, str]

# The functions that makemessages looks for.
_FUNCTIONS: dict[str, None] = dict.fromkeys(
    f"{kind}gettext{late}" for kind in ("", "n", "p", "np") for late in ("", "_lazy")
) | {"_": None, "gettext_noop": None}
_PERCENT = re.compile(r"%(?:\(\w+\))?[#0\- +]*\d*(?:\.\d+)?[a-zA-Z%]")
_LINE = re.compile(r'#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d\])?) )?"([^"\\]|\\.)*"|')
_KEPT = {
    "%-placeholders": _PERCENT,
    "placeholders in braces": re.compile(r"\{\w*\}"),
    "tags": re.compile(r"</?[a-zA-Z][^<>]*>"),
    "entities": re.compile(r"&(?:#\d+|\w+);"),
}


def read(text: str, code: str = "de") -> Catalog:
    return read_po(BytesIO(text.encode()), locale=code, abort_invalid=True)


def broken_lines(text: str) -> list[str]:
    """Lines that gettext would refuse; Babel guesses what they mean and cuts off a letter."""
    return [line for line in text.splitlines() if not _LINE.fullmatch(line)]


def messages_of(catalogue: Catalog) -> list[Message]:
    """All but the header, which has no text of its own."""
    return [message for message in catalogue if message.id]


def sources_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms_of(message: Message) -> tuple[str, ...]:
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


def key_of(message: Message) -> Key:
    one, many = (*sources_of(message), "")[:2]
    return (message.context or "", one, many)


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _is_kept(pattern: re.Pattern[str], form: str, sources: tuple[str, ...]) -> bool:
    """Everything of that pattern in the source is in the translation, as often, and nothing more."""
    marks = Counter(pattern.findall(form))
    return any(marks == Counter(pattern.findall(source)) for source in sources)


def faults_of(message: Message, plural_forms: int) -> list[str]:
    """What is wrong with one translation; nothing, if it can be shown."""
    sources, forms = sources_of(message), forms_of(message)
    if message.fuzzy:
        return ["it is fuzzy"]
    if not forms or not all(forms):
        return ["it is not translated"]
    faults = []
    if len(forms) != (plural_forms if len(sources) > 1 else 1):
        faults.append(f"it has {len(forms)} forms")
    for form in forms:
        faults += [
            f"its {what} differ: {form}"
            for what, pattern in _KEPT.items()
            if not _is_kept(pattern, form, sources)
        ]
        if message.python_format and "%" in _PERCENT.sub("", form):
            faults.append(f"it holds a percent sign that is no placeholder: {form}")
        if _edges(form) != _edges(sources[0]):
            faults.append(f"it begins or ends with other white space: {form!r}")
    return faults


def compiled(catalogue: Catalog) -> gettext.GNUTranslations:
    target = BytesIO()
    write_mo(target, catalogue)
    target.seek(0)
    return gettext.GNUTranslations(target)


def _plural_of(translations: gettext.GNUTranslations) -> list[int]:
    """Which form each number takes."""
    choose = translations.plural  # type: ignore[attr-defined]  # set by its parser, not in the stubs
    return [choose(number) for number in range(201)]


def _as_python(path: Path) -> bytes:
    if path.suffix == ".py":
        return path.read_bytes()
    # What is no message becomes rows of X; where a row begins means nothing.
    lines = templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def messages_in(source: bytes) -> set[Key]:
    """The messages of a Python source, or of what `templatize` makes of a template."""
    found: set[Key] = set()
    # Babel's annotations tell the parts of a result in another order than it gives them.
    results: Iterable[Any] = extract_python(BytesIO(source), _FUNCTIONS, [], {})
    for _line, function, said, _comments in results:
        given = (said,) if isinstance(said, str) else said or ()
        context, one, many = (*(word or "" for word in given), "", "", "")[:3]
        if "pgettext" not in function:
            context, one, many = "", context, one
        if one:
            found.add((context, one, many if function.startswith("n") else ""))
    return found


@cache
def extracted() -> dict[Key, str]:
    """Every message that the sources hold, and a file that holds it."""
    return {
        key: str(path.relative_to(ROOT))
        for path in SOURCES
        for key in messages_in(_as_python(path))
    }


def renamed_functions(source: str) -> list[str]:
    """Imports of gettext functions under a name that `makemessages` does not look for."""
    return [
        f"{alias.name} as {alias.asname}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name
        and alias.asname not in (None, alias.name)
        and (alias.asname != "_" or alias.name not in ("gettext", "gettext_lazy"))
    ]


def _name(path: Path) -> str:
    return path.parts[-3]


@pytest.fixture(params=CATALOGUES, ids=_name)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_there_are_catalogues_and_messages_to_look_at():
    assert CATALOGUES
    assert len(extracted()) > 500


def test_every_catalogue_is_for_a_language_of_the_menu(path: Path):
    assert _name(path) in {to_locale(code) for code, _name_ in settings.LANGUAGES}
    assert f'"Language: {_name(path)}\\n"' in path.read_text(encoding="utf-8")


def test_every_catalogue_compiles_and_counts_as_its_language_does(path: Path):
    """Django's own catalogue of the language is the measure: both are read as one."""
    text = path.read_text(encoding="utf-8")
    assert broken_lines(text) == []
    catalogue = read(text, _name(path))
    ours = compiled(catalogue)
    with (DJANGOS_OWN / _name(path) / "LC_MESSAGES" / "django.mo").open("rb") as source:
        djangos = gettext.GNUTranslations(source)
    assert _plural_of(ours) == _plural_of(djangos)
    plain = next(m for m in messages_of(catalogue) if not m.context and isinstance(m.id, str))
    assert ours.gettext(sources_of(plain)[0]) == forms_of(plain)[0]


def test_every_translation_is_whole_and_keeps_what_the_source_holds(path: Path):
    catalogue = read(path.read_text(encoding="utf-8"), _name(path))
    found = {
        sources_of(message)[0]: faults
        for message in messages_of(catalogue)
        if (faults := faults_of(message, catalogue.num_plurals))
    }
    assert found == {}


def test_no_catalogue_lacks_a_message_of_the_sources(path: Path):
    """Mended by `manage.py makemessages --locale <code> --no-location`, and a translation."""
    there = {
        key_of(message)
        for message in messages_of(read(path.read_text(encoding="utf-8"), _name(path)))
    }
    lacking = {key: file for key, file in extracted().items() if key not in there}
    assert lacking == {}


def test_gettext_goes_by_names_that_makemessages_knows():
    found = {
        str(path.relative_to(ROOT)): renamed
        for path in SOURCES
        if path.suffix == ".py" and (renamed := renamed_functions(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def _one(entry: str, flags: str = "") -> Message:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    return messages_of(read(header + flags + textwrap.dedent(entry)))[0]


_GOOD = [
    'msgid "Hello"\nmsgstr "Hallo"\n',
    'msgid "%(a)s sees %(b)s"\nmsgstr "%(b)s wird von %(a)s gesehen"\n',
    'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s Tag"\nmsgstr[1] "%(n)s Tage"\n',
    'msgid "In {time} <b>now</b>\\n"\nmsgstr "<b>Jetzt</b> in {time}\\n"\n',
]
_BAD = [
    'msgid "Hello"\nmsgstr ""\n',
    '#, fuzzy\nmsgid "Hello"\nmsgstr "Hallo"\n',
    'msgid "%(name)s left"\nmsgstr "%(Name)s ging"\n',
    'msgid "%(name)s left"\nmsgstr "Jemand ging"\n',
    '#, python-format\nmsgid "%(name)s left"\nmsgstr "%(name)s ging zu 5 %"\n',
    'msgid "In {time}"\nmsgstr "In {zeit}"\n',
    'msgid "<b>Now</b>"\nmsgstr "<b>Jetzt<b>"\n',
    'msgid "A&nbsp;b"\nmsgstr "A b"\n',
    'msgid "Now "\nmsgstr "Jetzt"\n',
    'msgid "Now"\nmsgstr "Jetzt\\n"\n',
    'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s Tag"\nmsgstr[1] ""\n',
    'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s Tag"\n',
]


@pytest.mark.parametrize("entry", _GOOD)
def test_the_rules_let_a_good_translation_pass(entry: str):
    assert faults_of(_one(entry), 2) == []


@pytest.mark.parametrize("entry", _BAD)
def test_the_rules_find_a_bad_translation(entry: str):
    assert faults_of(_one(entry), 2)


@pytest.mark.parametrize("line", ['msgstr "Ja', 'msgstr "Ja"x"', "msgstr Ja", 'message "Ja"'])
def test_a_line_that_gettext_would_refuse_is_found(line: str):
    whole = '# A note\nmsgid "Say \\"yes\\""\nmsgstr ""\n"Ja\\n"\nmsgstr[1] "Ja"\n\n'
    assert broken_lines(whole + line + "\n") == [line]


def test_extraction_reads_every_way_of_saying_a_message(tmp_path: Path):
    template = tmp_path / "page.html"
    template.write_text(
        '  <h1>{% translate "It\'s one" %}</h1>\n'
        '\t<p title="{% translate \'two\' context "verb" %}">{{ value|default:_("three") }}</p>\n'
        " {% blocktranslate trimmed with a=b.c %}\n    {{ a }} is\n    four\n{% endblocktranslate %}\n"
        "{% blocktranslate count n=n %}{{ n }} five{% plural %}{{ n }} fives{% endblocktranslate %}"
        '{# {% translate "six" %} #}{% comment %}{% translate "seven" %}{% endcomment %}',
        encoding="utf-8",
    )
    assert messages_in(_as_python(template)) == {
        ("", "It's one", ""),
        ("verb", "two", ""),
        ("", "three", ""),
        ("", "%(a)s is four", ""),
        ("", "%(n)s five", "%(n)s fives"),
    }
    assert messages_in(
        b'_("one " "and more")\ngettext_lazy("two")\nngettext("a", "b", 3)\npgettext("c", "d")\nother("e")\n'
        b'gettext(variable)\nnpgettext("f", "g", "h", 2)\n'
    ) == {
        ("", "one and more", ""),
        ("", "two", ""),
        ("", "a", "b"),
        ("c", "d", ""),
        ("f", "g", "h"),
    }


def test_a_renamed_gettext_is_found():
    imported = "from django.utils.translation import "
    assert renamed_functions(imported + "gettext as now, gettext_lazy as _") == ["gettext as now"]
    assert renamed_functions(imported + "ngettext as _") == ["ngettext as _"]
    assert renamed_functions(imported + "gettext, gettext_lazy as _, ngettext, override") == []
