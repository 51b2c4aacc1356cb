"""The release of Pyodide that the pages run: its files with their sums, and what each image holds (`pyodide.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).parent / "pyodide.toml"


@dataclass(frozen=True)
class File:
    """A file of the release."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Parts:
    """What an image is made of, which images have to be there before it, what the page imports while it reads the next, and
    whether it unpacks the image only when one of its modules is imported.
    """

    name: str
    files: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    later: bool = False


@dataclass(frozen=True)
class Index:
    """A package of a package index that carries the same files, in one of its folders."""

    requirement: str
    sha256: str
    folder: str
    bytes: int


@dataclass(frozen=True)
class Release:
    """One release of Pyodide."""

    version: str
    python: str
    magic: str
    address: str
    about: dict[str, str]
    index: Index
    files: dict[str, File]
    images: dict[str, Parts]

    @property
    def bytes(self) -> int:
        """What all files weigh."""
        return sum(file.bytes for file in self.files.values())

    @functools.cached_property
    def image_of(self) -> dict[str, str]:
        """The image that holds a module, by the module's name."""
        return {module: image.name for image in self.images.values() for module in image.modules}

    @classmethod
    @functools.lru_cache(maxsize=1)
    def load(cls, path: Path = LIST) -> Release:
        """Read the list that ships with this package.

        >>> Release.load().version
        '0.27.7'
        """
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        images = {
            name: Parts(
                name,
                later=parts.pop("later", False),
                **{key: tuple(value) for key, value in parts.items()},
            )
            for name, parts in data["images"].items()
        }
        files = {name: File(name, **entry) for name, entry in data["files"].items()}
        return cls(
            data["version"],
            data["python"],
            data["magic"],
            data["address"],
            data["about"],
            Index(**data["index"]),
            files,
            images,
        )
