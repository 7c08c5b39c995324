"""Reading a CSV of people and memberships: the file as a whole, and each row's text. Knows no database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidError

# A step of a few seconds, and a file that a spreadsheet opens; larger ones are cut into several.
MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
COLUMNS = ("email", "first_name", "last_name", "job_title", "groups")
GROUP_SEPARATOR = ";"
_DELIMITERS = (",", ";", "\t")
# What spreadsheets take for a formula, here or wherever the value is exported to.
_FORMULA = ("=", "+", "-", "@")


class FileRefusedError(InvalidError):
    """The file as a whole cannot be read; `code` stays, the words say why."""

    code = "file_refused"


def _refused(words: object) -> FileRefusedError:
    return FileRefusedError(fields={"file": str(words)})


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as a spreadsheet counts: the heading is row 1."""

    number: int
    email: str
    first_name: str
    last_name: str
    job_title: str
    groups: tuple[str, ...]
    formula_in: str = ""  # the first column that holds one
    is_ragged: bool = False  # more or fewer cells than the heading


def template() -> str:
    """A file to begin with: the heading alone, so that nothing has to be deleted from it."""
    return ",".join(COLUMNS) + "\r\n"


def decoded(data: bytes) -> str:
    """The text of a file as it was uploaded; refuses what is too large, no text, or in another encoding."""
    if len(data) > MOST_BYTES:
        raise _refused(_("The file is larger than 5 MB. Cut it into several."))
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refused(
            _("The file is not in UTF-8. Save it as “CSV UTF-8” in your spreadsheet.")
        ) from error
    if "\0" in text:
        raise _refused(_("This is no CSV file. Save the list as CSV UTF-8 in your spreadsheet."))
    if not text.strip():
        raise _refused(_("The file is empty."))
    return text


def rows_of(text: str) -> list[Row]:
    """The rows of a decoded file; refuses one without the columns that are needed, or with too many rows."""
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        places = _places(next(reader))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) == MOST_ROWS:
                raise _refused(
                    _("The file has more than %(number)s rows. Cut it into several.")
                    % {"number": MOST_ROWS}
                )
            rows.append(_row(reader.line_num, cells, places))
    except csv.Error as error:
        raise _refused(
            _("The file cannot be read as CSV near line %(number)s.") % {"number": reader.line_num}
        ) from error
    if not rows:
        raise _refused(_("The file has a heading and no rows."))
    return rows


def _delimiter(text: str) -> str:
    """Spreadsheets write what their country uses; the heading tells which."""
    heading = text.lstrip().splitlines()[0]
    return max(_DELIMITERS, key=heading.count)


def _places(heading: list[str]) -> dict[str, int]:
    names = [name.strip().lower().replace(" ", "_") for name in heading]
    unknown = sorted({name for name in names if name not in COLUMNS})
    if "email" not in names:
        raise _refused(
            _("The first row has to name the columns: %(columns)s. “email” is missing.")
            % {"columns": ", ".join(COLUMNS)}
        )
    if unknown:
        raise _refused(
            _("There is no column “%(name)s”. The columns are: %(columns)s.")
            % {"name": unknown[0][:60], "columns": ", ".join(COLUMNS)}
        )
    if len(set(names)) != len(names):
        raise _refused(_("The first row names a column twice."))
    return {name: place for place, name in enumerate(names)}


def _row(number: int, cells: list[str], places: dict[str, int]) -> Row:
    said = {
        name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()
    }
    formula = next((name for name, value in said.items() if value.startswith(_FORMULA)), "")
    return Row(
        number=number,
        email=said["email"],
        first_name=said.get("first_name", ""),
        last_name=said.get("last_name", ""),
        job_title=said.get("job_title", ""),
        groups=tuple(_groups(said.get("groups", ""))),
        formula_in=formula,
        is_ragged=len(cells) != len(places),
    )


def _groups(cell: str) -> Iterator[str]:
    seen: set[str] = set()
    for name in cell.split(GROUP_SEPARATOR):
        said = " ".join(name.split())
        if said and said.lower() not in seen:
            seen.add(said.lower())
            yield said
