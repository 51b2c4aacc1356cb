"""`python -m cleanworks`, and the command `cleanworks`: says what is missing where only the library is installed."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. It needs more than the library: the packages of the extra ``book``."""
    try:
        from cleanworks import cli
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "cleanworks":
            raise
        print(
            f'The command line needs the package {error.name}. Install it with: python -m pip install "cleanworks[book,analysis]"',
            file=sys.stderr,
        )
        sys.exit(2)
    cli.main()


if __name__ == "__main__":
    main()
