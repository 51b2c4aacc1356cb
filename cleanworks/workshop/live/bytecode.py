"""Compile Python files to the bytecode of another Python. Runs by itself, in that Python, and imports nothing of the project.

Standard input is an image: four bytes with the length of a JSON index, the index `[[path, offset, size], ...]`, then the sources.
Standard output is an image of the same paths with what a .pyc file holds. A source that this Python cannot compile is left out.
"""

import importlib.util
import json
import sys
import warnings
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]  # CPython has it


def compiled(source: bytes, path: str) -> "bytes | None":
    """The .pyc of a source; nobody compares it with the source later, because the two travel together."""
    try:
        code = compile(importlib.util.decode_source(source), path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None
    return bytes(_code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def main() -> None:
    warnings.simplefilter("ignore")
    data = sys.stdin.buffer.read()
    start = 4 + int.from_bytes(data[:4], "little")
    index, pieces, at = [], [], 0
    for path, offset, size in json.loads(data[4:start]):
        piece = compiled(data[start + offset : start + offset + size], path)
        if piece is not None:
            index.append([path, at, len(piece)])
            pieces.append(piece)
            at += len(piece)
    head = json.dumps(index, separators=(",", ":")).encode()
    sys.stdout.buffer.write(len(head).to_bytes(4, "little") + head + b"".join(pieces))


if __name__ == "__main__":
    main()
