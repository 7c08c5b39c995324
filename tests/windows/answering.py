"""What the programs under Wine share: they answer each line of JSON with one, until there is none any more."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from remotehelp_app.platform.interfaces import Cursor, RefusedError, UnavailableError


def answer_with(doers: dict[str, Callable[..., Any]]) -> None:
    doers = {"hello": lambda: "hello", **doers}
    for line in sys.stdin:
        question = json.loads(line)
        do = question.pop("do")
        try:
            answer = {"answer": doers[do](**question)}
        except UnavailableError as error:
            answer = {"error": str(error)}
        except RefusedError:
            answer = {"error": "refused"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def told_of(cursor: Cursor | None) -> dict[str, Any] | None:
    """With the bytes of its picture and how many of its pixels are clear, in place of the picture."""
    if cursor is None:
        return None
    clear = sum(alpha == 0 for alpha in cursor.rgba[3::4])
    return {**asdict(cursor), "rgba": len(cursor.rgba), "clear": clear}
