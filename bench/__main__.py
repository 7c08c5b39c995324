"""`python -m bench` runs every benchmark; `python -m bench signalling` one of them."""

from __future__ import annotations

import argparse
import sys

from bench import device, first_picture, signalling

BENCHMARKS = {
    "device": device.main,
    "signalling": signalling.main,
    "first_picture": first_picture.main,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which of: {', '.join(BENCHMARKS)} (default: all)")
    names = parser.parse_args().name or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]!r}")
    failed = 0
    for name in names:
        print(f"\n== {name} ==", flush=True)
        failed += BENCHMARKS[name]()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
