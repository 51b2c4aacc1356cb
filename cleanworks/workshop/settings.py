"""What a course says about itself: `cleanworks.toml` at its root. Every entry has a default, and so has the file."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cleanworks import toml
from cleanworks.errors import InputError
from cleanworks.texts import is_there
from cleanworks.workshop.validation import first_problem

FILE = "cleanworks.toml"


class Sentence(BaseModel):
    """A sentence that is right in one country and wrong in another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str = Field(description="A regular expression that finds it, whatever its capitals.")
    wrong_in: tuple[str, ...] = Field(
        description="Codes of the countries in whose edition it would be wrong."
    )
    because: str = Field(description="What holds there.")

    @field_validator("pattern")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return pattern


class Editions(BaseModel):
    """What the editions of a course for several countries need."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[str, ...] = Field(
        (),
        description="Words bound to one country; they must not stand where an edition's own value belongs.",
    )
    sentences: tuple[Sentence, ...] = Field(
        (),
        description="Sentences that are wrong in some country (`pattern`, `wrong_in`, `because`); they must say where they hold.",
    )


class Claim(BaseModel):
    """A statement of a page that needs neither a source nor a result beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str = Field(description="The page, as a path from the root of the course.")
    words: str = Field(min_length=1, description="Words of the statement.")
    because: str = Field(min_length=1, description="Why nothing needs to back it.")


class Offer(BaseModel):
    """After how many checks that say "not yet" a page offers help with a question; 0 means never."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hint: int = Field(2, ge=0, le=99, description="The next hint.")
    solution: int = Field(4, ge=0, le=99, description="The solution.")


class Live(BaseModel):
    """Python in the pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: bool = Field(
        False, description="Code cells of the book can be run in the page, with nothing installed."
    )
    offer: Offer = Field(Offer(), description="When a page offers help with a question (`hint`, `solution`).")
    differences: dict[str, str] = Field(
        {},
        description="What a cell may print otherwise in the page than in the book: a pattern for all it prints, and why.",
    )
    tables: str = Field(
        "",
        description="Function that writes the tables of an edition into a folder, one file each, as the page reads them: "
        "`package.module:function`. The part of a file's name before the dot is the table's.",
    )


def _inside(folder: str) -> str:
    """A folder of the course: its own, so that a search through it ends, and reads nobody else's files."""
    path = PurePosixPath(folder.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in folder or ":" in folder:
        raise ValueError(f"{folder!r} is not a folder inside the course")
    return folder


class Settings(BaseModel):
    """Options of a course. The documentation's table is made from the descriptions below."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lessons: str = Field("notebooks", description="Folder of the lessons.")
    exercises: str = Field("exercises", description="Folder of the exercise sets.")
    checks: str = Field(
        "checks", description="Folder of the modules that check answers, one per exercise set."
    )
    glossary: str = Field("book/glossary.md", description="Page with the glossary directive.")
    bibliography: str = Field("book/references.bib", description="The list of sources, in BibTeX.")
    locale: str = Field(
        "book/locale", description="Folder of the translations, one folder for each language."
    )
    reviewed: tuple[str, ...] = Field(
        (), description="Languages whose translation a native speaker has read; others are marked as drafts."
    )
    parts: tuple[str, ...] = Field((), description="Ids of the parts, in order; empty allows any.")
    sections: tuple[str, ...] = Field((), description="How headings of every lesson start, in this order.")
    quiz_items: int = Field(5, ge=0, description="Quiz questions in every lesson.")
    tasks: tuple[int, int] = Field((3, 5), description="Fewest and most questions in an exercise set.")
    code_lines: int = Field(15, ge=1, description="Most lines of a code cell, blank ones not counted.")
    code_width: int = Field(76, ge=40, description="Most characters of a line of code.")
    python_words: str = Field(
        "", description="TOML file that says what each word of Python does; empty asks for none."
    )
    new_words: int = Field(5, ge=0, description="Most new words of Python in a basic lesson.")
    data_calls: tuple[str, ...] = Field(
        (), description="Calls whose text arguments name the data a lesson reads."
    )
    figure_calls: tuple[str, ...] = Field(
        ("plt.subplots", "plt.figure"),
        description="Calls that make a figure, so that its cell needs a description.",
    )
    write_data: str = Field(
        "",
        description="Function that writes the course's tables into a folder, as `package.module:function`.",
    )
    own_data: str = Field(
        "",
        description="Function that says what a folder of somebody's own tables lacks for a notebook, as `package.module:function`; it "
        "takes the folder, the tables and the cells of code, and gives a sentence, empty if nothing is missing.",
    )
    light: tuple[str, ...] = Field(
        ("numpy", "pandas", "matplotlib", "scipy"),
        description="Libraries that a lesson may import without naming them in `needs`.",
    )
    smallest_group: int = Field(
        5, ge=2, le=50, description="Reports on a class show no number of fewer people."
    )
    country: str = Field(
        "",
        description="Function that finds the country a workshop file names, as `package.module:function`; it takes the name and a folder.",
    )
    editions: Editions = Field(Editions(), description="Words that are bound to one country (`words`).")
    prose: tuple[str, ...] = Field(
        (), description="Folders of further pages of Markdown that people read, beside those of the book."
    )
    claims: tuple[Claim, ...] = Field(
        (),
        description="Statements of pages that need neither a source nor a result (`page`, `words`, `because`).",
    )
    live: Live = Field(
        Live(), description="Cells that run in the page (`run`, `offer`, `tables`, `differences`)."
    )
    inputs: tuple[str, ...] = Field((), description="Files that the results of every lesson depend on.")
    preload: tuple[str, ...] = Field(
        ("numpy", "pandas", "matplotlib.pyplot"),
        description="Modules loaded once before lessons run; each lesson gets a copy of that Python. "
        "`module:make>keep` names two functions: when many lessons run, the first makes something for all of them in a process of its "
        "own, and the second is handed it.",
    )

    @field_validator("lessons", "exercises", "checks", "locale")
    @classmethod
    def _inside(cls, folder: str) -> str:
        return _inside(folder)

    @field_validator("prose")
    @classmethod
    def _all_inside(cls, folders: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_inside, folders))

    @classmethod
    def load(cls, root: Path) -> Settings:
        """Read the settings of a course; the defaults when it has no file.

        Raises
        ------
        InputError
            The file is not TOML, or an entry is unknown or of the wrong kind.
        """
        path = Path(root) / FILE
        values = toml.read(path, "The file of settings") if is_there(path, "The file of settings") else {}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = first_problem(error)
            known = f"Known settings: {', '.join(cls.model_fields)}."
            raise InputError(
                f"A setting is wrong: {problem}.",
                where=str(path),
                fix=known
                if "is not known" in problem
                else "Correct that entry, or take it out: each has a default.",
            ) from None
