"""Lists as files: CSV and XLSX, row by row, with nothing in a cell that a spreadsheet would carry out."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import IO, Any, cast

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

Value = str | int | bool | datetime | None
Row = Sequence[Value]


class Form(Enum):
    """The kinds of file, by the word for them in the address."""

    CSV = "csv"
    XLSX = "xlsx"


_TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What begins so is a formula, or may become one: LibreOffice and Excel strip blanks before they look.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_AT_ONCE = 500
_CHUNK = 64 * 1024
_LONGEST_CELL = 32_000  # 32,767 in Excel


def is_formula(text: str) -> bool:
    return text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)


def neutral(text: str) -> str:
    """The text as no spreadsheet takes it for a formula: with the sign in front that says *this is text*."""
    return f"'{text}" if is_formula(text) else text


def _plain(text: str) -> str:
    """Without what XML, and so a workbook, cannot hold."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")[:_LONGEST_CELL]


def _in_csv(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return neutral(_plain(value)) if isinstance(value, str) else str(value)


class _Line:
    """What `csv` writes into, to be taken out again at once."""

    def write(self, text: str) -> str:
        return text


def csv_chunks(header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file in parts of some hundred rows. Begins with the mark by which Excel knows UTF-8."""
    writer = csv.writer(_Line())
    lines = ["\ufeff", writer.writerow([neutral(name) for name in header])]
    for row in rows:
        lines.append(writer.writerow([_in_csv(value) for value in row]))
        if len(lines) >= _AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    if lines:
        yield "".join(lines).encode()


def write_workbook(file: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Row]) -> None:
    """One sheet. The rows go through a file on the way: memory stays flat however many there are."""
    from openpyxl import Workbook  # only here: it is slow to load
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)

    def cell(value: Value, *, is_head: bool = False) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None)
        if not isinstance(value, str):
            return value
        text = _plain(value)
        if not is_head and not is_formula(text):
            return text
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # never "f", whatever it begins with
        made.quotePrefix = is_formula(text)  # and text when somebody edits it
        if is_head:
            made.font = bold
        return made

    sheet.append([cell(name, is_head=True) for name in header])
    for row in rows:
        sheet.append([cell(value) for value in row])
    book.save(file)


def _workbook_chunks(title: str, header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        write_workbook(file, title, header, rows)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


async def _from_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each part is made where the database may be asked; the server sends it before the next one is made."""
    step = sync_to_async(lambda: next(chunks, None))
    while (chunk := await step()) is not None:
        yield chunk


def answer_export(
    request: HttpRequest,
    form: Form,
    *,
    name: str,
    title: str,
    header: Sequence[str],
    rows: Iterable[Row],
) -> HttpResponse:
    """The rows as a file to keep. What they may hold is the caller's to know: the rows are what the page would show."""
    if form is Form.CSV:
        chunks = csv_chunks(header, rows)
    else:
        chunks = _workbook_chunks(title, header, rows)
    is_async = isinstance(request, ASGIRequest)
    answer = StreamingHttpResponse(
        _from_threads(chunks) if is_async else chunks, content_type=_TYPES[form]
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form.value}"'
    answer["X-Content-Type-Options"] = "nosniff"
    # Views are typed by what nearly all of them answer.
    return cast("HttpResponse", answer)
