"""`python -m bench` runs every benchmark; `python -m bench device` one of them, with its own options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from types import ModuleType

from bench import device, first_picture, path, peers, purge, scale, signalling

BENCHMARKS: dict[str, ModuleType] = {
    "device": device,
    "path": path,
    "peers": peers,
    "signalling": signalling,
    "first_picture": first_picture,
    "scale": scale,
    "purge": purge,
}
# Those that take options of their own.
WITH_OPTIONS = frozenset({"device", "path", "peers", "purge", "scale"})


def listed() -> str:
    """Each benchmark with the first line of what it says of itself."""
    lines = ["benchmarks:"]
    for name, module in BENCHMARKS.items():
        lines.append(f"  {name:14} {(module.__doc__ or '').strip().splitlines()[0]}")
    lines += ["", f"Options of their own (NAME --help): {', '.join(sorted(WITH_OPTIONS))}."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=listed(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, help="which one (default: all)")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="of that benchmark")
    given = parser.parse_args()
    if given.options and given.name not in WITH_OPTIONS:
        parser.error(f"{given.name} takes no options")
    failed = 0
    for name in [given.name] if given.name else BENCHMARKS:
        print(f"\n== {name} ==", flush=True)
        run: Callable[..., int] = BENCHMARKS[name].main
        failed += run(given.options) if given.options else run()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
