from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.sessions import codes

CODES = st.text(alphabet=codes.ALPHABET, min_size=codes.LENGTH, max_size=codes.LENGTH)


def test_the_alphabet_has_no_look_alikes():
    assert len(set(codes.ALPHABET)) == len(codes.ALPHABET) == 31
    assert not set(codes.ALPHABET) & set("0O1IL")
    assert codes.ALPHABET.isupper()
    assert codes.LENGTH == 8


def test_issued_codes_use_the_whole_alphabet_and_do_not_repeat():
    issued = [codes.issue() for _ in range(2000)]
    assert len(set(issued)) == 2000
    assert set("".join(issued)) == set(codes.ALPHABET)
    assert all(len(code) == codes.LENGTH for code in issued)


@given(CODES)
def test_a_shown_code_reads_back(code):
    assert codes.shown(code) == f"{code[:4]}-{code[4:]}"
    assert codes.normalise(codes.shown(code)) == code


def _wide(text: str) -> str:
    """As an input method for Japanese writes it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(
    CODES,
    st.sampled_from(
        [
            "",
            "-",
            " ",
            " - ",
            "–",
            "\u00a0",
            "\u202f",
            "\u2011",
            "\u3000",
            "--",
            "\t",
            "\n",
            "\u200b",
            "\u2212",
            "\ufe58",
        ]
    ),
    st.sampled_from([str, str.lower, str.swapcase, _wide, lambda text: _wide(text.lower())]),
)
def test_a_code_reads_in_any_case_with_any_separator_and_in_full_width(code, separator, written):
    typed = f"  {written(code[:4] + separator + code[4:])} "
    assert codes.normalise(typed) == code


@given(st.text(max_size=60))
@example("ß" * 8)
@example("ﬁ" * 4)
@example("\u0131" * 8)
@example("٣" * 8)
def test_whatever_is_typed_is_a_code_of_the_alphabet_or_none(typed):
    code = codes.normalise(typed)
    assert code is None or (len(code) == codes.LENGTH and set(code) <= set(codes.ALPHABET))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "ABCD",
        "ABCD-EFGHJ",
        "ABCD-EFG0",
        "ABCD_EFGH",
        "ABCD.EFGH",
        "ABCD\x00EFGH",
        "ABCDEFG\u0301H",
        "2" * 41,
        "ABCD" * 10,
    ],
)
def test_what_is_no_code_is_none(typed):
    assert codes.normalise(typed) is None


def test_a_huge_input_is_not_even_looked_at():
    assert codes.normalise("\ufdfa" * 1_000_000) is None
    assert len(unicodedata.normalize("NFKC", "\ufdfa")) == 18  # what it would have become


@given(CODES)
def test_the_digest_is_stable_and_does_not_show_the_code(code):
    assert codes.digest(code) == codes.digest(code)
    assert len(codes.digest(code)) == 64
    assert code.lower() not in codes.digest(code)


def test_the_digest_is_keyed(settings):
    before = codes.digest("ABCDEFGH")
    settings.SECRET_KEY = "another key"
    assert codes.digest("ABCDEFGH") != before
