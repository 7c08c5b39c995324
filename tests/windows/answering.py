"""What the programs under Wine share: they answer each line of JSON with one, until there is none any more."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from remotehelp_app.platform.interfaces import UnavailableError


def answer_with(doers: dict[str, Callable[..., Any]]) -> None:
    doers = {"hello": lambda: "hello", **doers}
    for line in sys.stdin:
        question = json.loads(line)
        do = question.pop("do")
        try:
            answer = {"answer": doers[do](**question)}
        except UnavailableError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
