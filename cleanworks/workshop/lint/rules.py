"""The rules. Each is one function that yields (cell, line in the cell, what is wrong)."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cleanworks.workshop.code import parsed, plain_python
from cleanworks.workshop.editions import Answers, edition
from cleanworks.workshop.files import other_language
from cleanworks.workshop.lint import bound, claims, python_words
from cleanworks.workshop.lint.canonical import canonical
from cleanworks.workshop.lint.context import Context
from cleanworks.workshop.lint.finding import Hit, Rule
from cleanworks.workshop.lint.sentences import long_lines
from cleanworks.workshop.metadata import ANSWER_ROLES, ROLES
from cleanworks.workshop.notebook import Cell, Notebook, dump, lines_outside_fences
from cleanworks.workshop.quiz import parse_quiz

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

RULES: list[Rule] = []

# What is asked of every notebook; the other rules are for those that say they are lessons or exercise sets.
FOR_ALL = frozenset({"code-reads", "absolute-path", "amounts"})

# Verbs of which one can see whether somebody does it.
VERBS = frozenset(
    [
        "add",
        "adjust",
        "aggregate",
        "agree",
        "allocate",
        "analyse",
        "apply",
        "argue",
        "arrange",
        "assemble",
        "assess",
        "assign",
        "audit",
        "back-calculate",
        "build",
        "calculate",
        "calibrate",
        "catch",
        "check",
        "choose",
        "cite",
        "classify",
        "clean",
        "collect",
        "combine",
        "compare",
        "complete",
        "compose",
        "compute",
        "conduct",
        "connect",
        "construct",
        "convert",
        "correct",
        "cost",
        "count",
        "create",
        "criticise",
        "decide",
        "decompose",
        "deduct",
        "defend",
        "define",
        "demonstrate",
        "derive",
        "describe",
        "design",
        "detect",
        "determine",
        "diagnose",
        "distinguish",
        "document",
        "draft",
        "draw",
        "edit",
        "enter",
        "estimate",
        "evaluate",
        "examine",
        "explain",
        "express",
        "extract",
        "fill",
        "filter",
        "find",
        "fix",
        "flag",
        "follow",
        "forecast",
        "form",
        "formulate",
        "give",
        "grade",
        "group",
        "identify",
        "illustrate",
        "inspect",
        "interpret",
        "investigate",
        "judge",
        "justify",
        "label",
        "link",
        "list",
        "load",
        "locate",
        "make",
        "map",
        "mark",
        "match",
        "measure",
        "merge",
        "model",
        "name",
        "normalise",
        "open",
        "organise",
        "outline",
        "perform",
        "place",
        "plan",
        "plot",
        "point",
        "predict",
        "prepare",
        "present",
        "price",
        "prioritise",
        "produce",
        "project",
        "propose",
        "prove",
        "publish",
        "quantify",
        "question",
        "rank",
        "rate",
        "read",
        "rebuild",
        "recalculate",
        "recognise",
        "recommend",
        "reconcile",
        "reconstruct",
        "record",
        "redact",
        "refuse",
        "register",
        "report",
        "reproduce",
        "restore",
        "retrieve",
        "rewrite",
        "run",
        "sample",
        "save",
        "say",
        "schedule",
        "score",
        "select",
        "separate",
        "set",
        "show",
        "simulate",
        "sketch",
        "solve",
        "sort",
        "spot",
        "state",
        "step",
        "stratify",
        "summarise",
        "tabulate",
        "tell",
        "test",
        "trace",
        "translate",
        "turn",
        "use",
        "validate",
        "verify",
        "visualise",
        "weigh",
        "weight",
        "work",
        "write",
    ]
)

# Tags that Jupyter tools understand.
TOOL_TAGS = frozenset(
    [
        "raises-exception",
        "skip-execution",
        "hide-input",
        "hide-output",
        "hide-cell",
        "remove-input",
        "remove-output",
        "remove-cell",
        "remove-stderr",
        "scroll-output",
        "output_scroll",
        "full-width",
        "margin",
    ]
)

_ONLY_TEXT = re.compile(r"""^\s*(?:\w+=\(?)?[bfr]?(["']).*\1[,)\]}]*$""")
_ABSOLUTE = re.compile(
    r"(?<![\w/.:~-])(/(home|Users|tmp|root|var|mnt|opt|srv|work|media|private|content|kaggle)/[\w.-]+|[A-Za-z]:\\\\?\w+|~/\w+|file://[^\s`'\"<>)]+)"
)
_CITE = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
_TERM = re.compile(r"\{term\}`([^`]+)`")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(")


def rule(name: str, asks: str, fix: str) -> Callable[..., Any]:
    """Register the function below as a rule."""

    def register(look: Callable[[Notebook, Context], Iterator[Hit]]) -> Callable[..., Any]:
        RULES.append(Rule(name, asks, fix, look))
        return look

    return register


# --- form ---------------------------------------------------------------------------------------------------------


@rule("canonical", "The file is in canonical form.", "Run `cleanworks lint --fix` on it.")
def _canonical(notebook: Notebook, context: Context) -> Iterator[Hit]:
    made = canonical(notebook.node)
    if dump(made) == notebook.text:
        return
    cells = [cell for cell in notebook.cells if cell.source.strip()]
    named = [cell for cell, wanted in zip(cells, made.cells, strict=True) if cell.id != wanted.id]
    executed = [
        cell for cell in cells if cell.node.get("outputs") or cell.node.get("execution_count") is not None
    ]
    packed = [cell for cell in cells if cell.is_markdown and long_lines(cell.source)]
    if executed:
        yield executed[0], None, f"{_cells(executed)} outputs or a counter of an execution."
    if packed:
        line = long_lines(packed[0].source)[0]
        yield packed[0], line, f"{_cells(packed)} more or less than one sentence on a line."
    if named:
        yield named[0], None, f"{_cells(named)} an id that says nothing, that is taken, or that does not fit."
    if not (executed or packed or named):
        yield None, None, "Keys, metadata or spaces differ from the canonical form."


def _cells(cells: list[Cell]) -> str:
    return "This cell has" if len(cells) == 1 else f"This cell and {len(cells) - 1} more have"


@rule(
    "metadata", "The notebook's `cleanworks` block is complete and right.", "Correct the notebook's metadata."
)
def _metadata(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for problem in notebook.block_problems:
        yield None, None, f"In the metadata, {problem}."


@rule("cell-metadata", "The `cleanworks` block of every cell is right.", "Correct the cell's metadata.")
def _cell_metadata(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell in notebook.cells:
        for problem in cell.block_problems:
            yield cell, None, f"In the cell's metadata, {problem}."


@rule(
    "tags",
    "Every tag is known, and each cell below the heading of a pitfall carries the tag of one.",
    "Correct the tag; the roles are " + ", ".join(ROLES) + ".",
)
def _tags(notebook: Notebook, context: Context) -> Iterator[Hit]:
    in_pitfall = False
    for cell in notebook.cells:
        for tag in sorted(cell.tags - set(ROLES) - TOOL_TAGS):
            yield cell, None, f"The tag `{tag}` is not known."
        roles = sorted(cell.tags & set(ROLES))
        if len(roles) > 1:
            yield cell, None, f"The cell has two roles: {' and '.join(roles)}."
        # The box on the page and the row among the pitfalls of the course are made from the tag.
        if not cell.is_code and cell.source.startswith("#"):
            in_pitfall = re.match(r"#+ Pitfall\b", cell.source) is not None
        if in_pitfall and not roles:
            yield cell, None, "The cell belongs to a pitfall and has no tag `pitfall`."


@rule(
    "place",
    "A file lies in the folder of its part, and its name starts with its id.",
    "Move or rename the file.",
)
def _place(notebook: Notebook, context: Context) -> Iterator[Hit]:
    block = notebook.block
    if block is None:
        return
    parts = context.settings.parts
    if parts and block.part not in parts:
        yield None, None, f"The part `{block.part}` is not one of {', '.join(parts)}."
    folder = context.settings.lessons if block.kind == "lesson" else context.settings.exercises
    if notebook.path.resolve().parent != (context.root / folder / block.part).resolve():
        yield None, None, f"The file should lie in {folder}/{block.part}/."
    if notebook.path.stem != block.id and not notebook.path.stem.startswith(f"{block.id}-"):
        yield None, None, f"The file name should start with the id, `{block.id}-`."
    for other in context.notebooks:
        same_id = other.block and other.block.name == block.name
        if same_id and other.path.resolve() != notebook.path.resolve():
            yield None, None, f"{other.path.as_posix()} has the same id, `{block.id}`."


# --- what a lesson says about itself ------------------------------------------------------------------------------


@rule(
    "objective-verb",
    "Every objective starts with a verb of which one can observe whether somebody does it.",
    "Start with a verb such as compute, compare, explain, choose, draw.",
)
def _objective_verb(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for number, objective in enumerate(notebook.block.objectives if notebook.block else (), 1):
        verb = objective.split()[0].strip(",.:;").lower()
        if verb not in VERBS:
            yield None, None, f"Objective {number} starts with `{verb}`."


@rule(
    "objectives-tested",
    "Every objective is tested by a quiz question or an exercise, and every number points to an objective.",
    "Give the number of the objective in the metadata of a quiz question or an exercise, or add one.",
)
def _objectives_tested(notebook: Notebook, context: Context) -> Iterator[Hit]:
    block = notebook.block
    if block is None:
        return
    partner = context.partner(notebook)
    lesson = block if block.kind == "lesson" else partner.block if partner else None
    count = len(lesson.objectives) if lesson else 0
    for cell in notebook.cells:
        objective = cell.block.objective
        if lesson and objective is not None and objective > count:
            yield cell, None, f"Objective {objective} does not exist; the lesson has {count}."
    if block.kind == "lesson":
        asked = notebook.with_tag("quiz")
        asked += partner.with_tag("exercise") if partner else []
        tested = {cell.block.objective for cell in asked}
        for number, text in enumerate(block.objectives, 1):
            if number not in tested:
                yield None, None, f"Nothing tests objective {number}, `{text}`."


@rule(
    "prerequisites",
    "Prerequisites exist and do not go round in a circle.",
    "Correct the list in the metadata.",
)
def _prerequisites(notebook: Notebook, context: Context) -> Iterator[Hit]:
    block = notebook.block
    if block is None or block.kind != "lesson":
        return
    for id in block.prerequisites:
        if context.whole and id not in context.lessons:
            yield None, None, f"The prerequisite `{id}` is not a lesson."
    way = _way_back(block.id, context)
    if way:
        yield None, None, f"The prerequisites go round in a circle: {' needs '.join(way)}."


def _way_back(id: str, context: Context) -> list[str]:
    """The chain of prerequisites that leads from a lesson back to itself, if there is one."""
    ways = [[id]]
    seen = set()
    while ways:
        way = ways.pop()
        lesson = context.lessons.get(way[-1])
        for needed in lesson.prerequisites if lesson else ():
            if needed == id:
                return [*way, id]
            if needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return []


@rule(
    "terms", "Every term stands in the glossary.", "Add it to the glossary, or spell it as it is spelt there."
)
def _terms(notebook: Notebook, context: Context) -> Iterator[Hit]:
    declared = notebook.block.terms if notebook.block else ()
    if context.terms is None:
        if declared:
            yield None, None, f"There is no glossary at {context.settings.glossary}."
        return
    for term in declared:
        if term.casefold() not in context.terms:
            yield None, None, f"The term `{term}` is not in the glossary."
    for cell, number, line in _markdown_lines(notebook):
        for found in _TERM.finditer(line):
            shown = re.fullmatch(r".*<(.+)>", found.group(1))
            term = shown.group(1) if shown else found.group(1)
            if term.strip().casefold() not in context.terms:
                yield cell, number, f"The term `{term}` is not in the glossary."


@rule(
    "citations", "Every citation has an entry in the list of sources.", "Correct the key, or add the source."
)
def _citations(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell, number, line in _markdown_lines(notebook):
        for found in _CITE.finditer(line):
            for key in (key.strip() for key in found.group(1).split(",")):
                if context.citations is None:
                    yield cell, number, f"There is no list of sources at {context.settings.bibliography}."
                elif key not in context.citations:
                    yield cell, number, f"The list of sources has no entry `{key}`."


# --- text ---------------------------------------------------------------------------------------------------------


UNSOURCED = "unsourced"
UNSOURCED_FIX_CHECKS = "Say less, use a number of the task, or mark the line with a reason: `# claims: why nothing needs to back it`."
UNSOURCED_FIX_PAGES = (
    "Cite it, say less, or mark it with a reason in cleanworks.toml: `[[claims]]` with page, words, because."
)


@rule(
    UNSOURCED,
    "A number, or what people do in general, has a citation or a result beside it.",
    "Cite it, compute it, say less, or mark it with a reason: cell metadata "
    '`"cleanworks": {"claims": {"the words": "why nothing needs to back them"}}`.',
)
def _unsourced(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is not None:
        yield from claims.unsourced(notebook)


@rule("title", "The first cell is the title, the same as in the metadata.", "Start with `# Title`.")
def _title(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if not notebook.cells:
        yield None, None, "The notebook is empty."
        return
    first = notebook.cells[0]
    titles = [text for _, level, text in first.headings if level == 1]
    if not titles:
        yield first, 1, "The first cell has no title."
    elif notebook.block and titles[0] != notebook.block.title:
        yield first, 1, f"The title is not the one of the metadata, `{notebook.block.title}`."


@rule(
    "heading-order", "There is one title, and no level of heading is left out.", "Change the number of `#`."
)
def _heading_order(notebook: Notebook, context: Context) -> Iterator[Hit]:
    last = 0
    for cell in notebook.cells:
        for line, level, text in cell.headings:
            if level == 1 and last:
                yield cell, line, f"`{text}` is a second title."
            elif level > last + 1 and last:
                yield cell, line, f"`{text}` has level {level} after level {last}."
            last = level


@rule("sections", "A lesson has its sections, in their order.", "Add or move the section.")
def _sections(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is None or notebook.block.kind != "lesson":
        return
    found = [(cell, line, text) for cell in notebook.cells for line, _, text in cell.headings]
    last = -1
    for wanted in context.settings.sections:
        places = [n for n, (_, _, text) in enumerate(found) if text.casefold().startswith(wanted.casefold())]
        if not places:
            yield None, None, f"The section `{wanted}` is missing."
        elif places[-1] < last:
            cell, line, _ = found[places[-1]]
            yield cell, line, f"The section `{wanted}` comes too early."
        else:
            last = next(place for place in places if place > last or place == places[-1])


@rule(
    "quiz",
    "Every quiz question can be answered, one option right and feedback on each, and none gives itself away: options are of like "
    "length, and in the course the right one is the longest in at most 40 %, at each place in 25 to 42 %.",
    "Correct the quiz cell: the best wrong option is a mistake that people make, written as carefully as the right one.",
)
def _quiz(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is None or notebook.block.kind != "lesson":
        return
    cells = notebook.with_tag("quiz")
    if len(cells) != context.settings.quiz_items:
        yield None, None, f"The quiz has {len(cells)} questions instead of {context.settings.quiz_items}."
    seen: dict[str, str] = {}
    for cell in cells:
        if not cell.is_markdown:
            yield cell, None, "A quiz question is a Markdown cell."
            continue
        quiz = parse_quiz(cell.source)
        for line, problem in (*quiz.problems(several=cell.block.several), *quiz.signs()):
            yield cell, line, problem
        question = cell.block.question
        if question is None or not re.fullmatch(rf"{re.escape(notebook.block.id)}-k\d+", question):
            yield cell, None, f"The metadata should name the question: `{notebook.block.id}-k1` and so on."
        elif question in seen:
            yield cell, None, f"The cell `{seen[question]}` is the question `{question}` already."
        else:
            seen[question] = cell.id
        if cell.block.objective is None:
            yield cell, None, "The metadata should name the objective that the question tests."


@rule(
    "image-text",
    "Every picture in the text says in words what it shows.",
    "Write it in the brackets: `![what](file)`.",
)
def _image_text(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell, number, line in _markdown_lines(notebook):
        if any(not found.group(1).strip() for found in _IMAGE.finditer(line)):
            yield cell, number, "A picture has no description."


@rule(
    "absolute-path",
    "Nothing points into one person's computer.",
    "Use a path inside the course, or load the data by name.",
)
def _absolute_path(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell in notebook.cells:
        for number, line in enumerate(cell.source.splitlines(), 1):
            if found := _ABSOLUTE.search(line):
                yield cell, number, f"`{found.group(0)}` is a path on one computer."


AMOUNTS = "amounts"
AMOUNTS_FIX = "Write `\\$10`, or set `myst_dmath_allow_digits: false` under `sphinx: config:` of _config.yml."


@rule(AMOUNTS, "Amounts in dollars are not read as a formula.", AMOUNTS_FIX)
def _amounts(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if context.amounts_stay:
        return
    for cell in notebook.cells:
        if cell.is_markdown:
            for number, what in formulas_of_amounts(cell.source):
                yield cell, number, what


def formulas_of_amounts(text: str, first: int = 1) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) wherever amounts in dollars become a formula, as MyST reads Markdown; `first` is the text's first line."""
    for token in _markdown_with_formulas().parse(text):
        line = first + (token.map[0] if token.map else 0)
        if token.type == "fence" and token.info.startswith("{"):
            # What stands in a box is text too; what stands in code or in a formula is not.
            if not re.match(r"\{(code|literalinclude|math|mermaid|raw)", token.info):
                yield from formulas_of_amounts(token.content, line + 1)
            continue
        parts = token.children or []
        for place, part in enumerate(parts):
            before = parts[place - 1].content[-1:] if place else ""
            after = parts[place + 1].content[:1] if place + 1 < len(parts) else ""
            if part.type == "math_inline" and (
                (part.content[:1].isdigit() and after.isdigit())
                or (before.isdigit() and part.content[-1:].isdigit())
            ):
                shown = " ".join(f"{before}${part.content}${after}".split())
                yield line, f"`{shown}` becomes a formula from the first dollar sign to the second."
            line += part.type in ("softbreak", "hardbreak") or part.content.count("\n")


@functools.cache
def _markdown_with_formulas() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)


# --- code ---------------------------------------------------------------------------------------------------------


@rule(
    "code-reads",
    "Every code cell can be read by Python.",
    "Correct the code, or tag the cell `raises-exception`.",
)
def _code_reads(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if other_language(notebook.content):
        return  # Python is not meant to read it; the run says what becomes of it
    for cell in notebook.cells:
        if cell.is_code and "raises-exception" not in cell.tags:
            try:
                ast.parse(plain_python(cell.source))
            except SyntaxError as error:
                yield cell, error.lineno, f"Python cannot read this: {error.msg}."


@rule(
    "code-length",
    "A code cell that a page shows at once has one idea and fits a glance.",
    "Split the cell, move the work into the package, or fold what only loads or draws (tag `hide-input`).",
)
def _code_length(notebook: Notebook, context: Context) -> Iterator[Hit]:
    most = context.settings.code_lines
    for cell in notebook.cells:
        if not cell.is_code or python_words.FOLDED & cell.tags:
            continue
        lines = [line for line in cell.source.splitlines() if line.strip() and not _ONLY_TEXT.match(line)]
        if len(lines) > most:
            yield cell, None, f"The cell has {len(lines)} lines; {most} are the most."


@rule(
    "python-words",
    "A lesson uses no word of Python that neither it, a lesson before it nor the list of words explains; a basic lesson brings few.",
    "Explain the word in the text as `word`, add it to the list, use another one, or fold the cell (tag `hide-input`).",
)
def _python_words(notebook: Notebook, context: Context) -> Iterator[Hit]:
    block = notebook.block
    if block is None or block.kind != "lesson" or not context.settings.python_words:
        return
    known = context.python_words
    explained = python_words.explained(notebook)
    new = python_words.new(notebook, context.before(notebook))
    for word in new:
        if word not in explained and (block.level == "basic" or word not in known):
            yield None, None, f"`{word}` is a new word of Python, and nothing says what it does."
    most = context.settings.new_words
    if block.level == "basic" and block.prerequisites and len(new) > most:
        yield (
            None,
            None,
            f"This basic lesson brings {len(new)} new words of Python; {most} are the most: {', '.join(new)}.",
        )


@rule(
    "code-width",
    "A line of code is as wide as a page shows it.",
    "Break the line at a comma, or a text at a space.",
)
def _code_width(notebook: Notebook, context: Context) -> Iterator[Hit]:
    most = context.settings.code_width
    for cell in notebook.cells:
        for number, line in enumerate(cell.source.splitlines(), 1):
            if cell.is_code and len(line) > most:
                yield cell, number, f"The line has {len(line)} characters; {most} are the most."


@rule(
    "figure-text",
    "The cell of a figure says in words what the figure shows.",
    "Add `mystnb: {image: {alt: ...}}` to its metadata.",
)
def _figure_text(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell in notebook.cells:
        if not cell.is_code or "wrong-answer" in cell.tags:
            continue
        lines = [line for name, _, line in _calls(cell) if name in context.settings.figure_calls]
        image = cell.node.metadata.get("mystnb", {}).get("image", {})
        alt = image.get("alt", "") if isinstance(image, dict) else ""
        if lines and len(str(alt).split()) < 4:
            what = "has no description" if not str(alt).strip() else f"has too short a description, `{alt}`"
            yield cell, lines[0], f"The figure {what}."


@rule(
    "data",
    "What a notebook loads is what its metadata names under `data`.",
    "Correct `data` in the metadata.",
)
def _data(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is None or not context.settings.data_calls:
        return
    declared = set(notebook.block.tables)
    loaded: set[str] = set()
    for cell in notebook.cells:
        if not cell.is_code:
            continue
        for name, call, line in _calls(cell):
            if name not in context.settings.data_calls:
                continue
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    loaded.add(argument.value)
                    if argument.value not in declared:
                        yield cell, line, f"`{argument.value}` is loaded and not declared."
                else:
                    yield cell, line, f"The name in `{name}(...)` should be written out in quotes."
    for name in sorted(declared - loaded):
        yield None, None, f"`{name}` is declared and never loaded."


@rule("needs", "Heavier libraries are named under `needs`.", "Add the library to `needs` in the metadata.")
def _needs(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is None:
        return
    free = set(context.settings.light) | set(sys.stdlib_module_names) | set(notebook.block.needs)
    for cell in notebook.cells:
        for name, line in _imports(cell):
            if name not in free:
                yield cell, line, f"The library `{name}` is imported and not declared."


@rule(
    "whole-numbers",
    "Whole numbers keep 64 bits wherever a notebook runs.",
    'Write `.astype("int64")`: in the browser `int` ends at 2,147,483,647, and larger amounts turn into wrong ones silently.',
)
def _whole_numbers(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell in notebook.cells:
        for name, call, line in _calls(cell):
            kinds = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "dtype")]
            if name.endswith("astype") and any(
                ast.unparse(kind) in ("int", "'int'", "np.int_") for kind in kinds
            ):
                yield cell, line, "`.astype(int)` depends on the machine."


# --- exercise sets ------------------------------------------------------------------------------------------------


@rule(
    "questions",
    "Every question has its prompt, starter, two hints, check, solution and two wrong answers with feedback, in this order.",
    "Add, tag or move the cell; each names its question in the metadata.",
)
def _questions(notebook: Notebook, context: Context) -> Iterator[Hit]:
    block = notebook.block
    if block is None or block.kind != "exercises":
        return
    for cell in notebook.with_tag(*ANSWER_ROLES):
        if not cell.block.question:
            yield cell, None, "The metadata does not say to which question the cell belongs."
        elif not re.fullmatch(rf"{re.escape(block.id)}-e\d+", cell.block.question):
            yield (
                cell,
                None,
                f"The question should be called `{block.id}-e1` and so on, not `{cell.block.question}`.",
            )
    fewest, most = context.settings.tasks
    if not fewest <= len(notebook.questions) <= most:
        yield None, None, f"The set has {len(notebook.questions)} questions; {fewest} to {most} are expected."
    for question, cells in notebook.questions.items():
        yield from _question_complete(question, cells)


def _question_complete(question: str, cells: list[Cell]) -> Iterator[Hit]:
    roles = {role: [cell for cell in cells if role in cell.tags] for role in ANSWER_ROLES}
    fewest = {"hint": 2, "wrong-answer": 2}
    for role, found in roles.items():
        wanted = fewest.get(role, 1)
        if len(found) < wanted:
            yield (
                cells[0],
                None,
                f"The question `{question}` has {len(found)} of {wanted} cells tagged `{role}`.",
            )
    for role in ("exercise", "starter", "check"):
        for extra in roles[role][1:]:
            yield extra, None, f"The question `{question}` has a second cell tagged `{role}`."
    if roles["solution"] and not any(cell.is_code for cell in roles["solution"]):
        yield roles["solution"][0], None, f"The solution of `{question}` has no code."
    if roles["solution"] and not any(cell.is_markdown for cell in roles["solution"]):
        yield roles["solution"][0], None, f"The solution of `{question}` gives no reasoning in words."
    for cell in cells:
        if (
            cell.is_code != bool(cell.tags & {"starter", "check", "wrong-answer"})
            and "solution" not in cell.tags
        ):
            yield cell, None, "The kind of the cell, code or Markdown, does not fit its tag."
    for cell in roles["wrong-answer"]:
        if not cell.block.feedback:
            yield cell, None, "The wrong answer does not say in its metadata which `feedback` it must get."
    for cell in roles["check"]:
        asked = [a.value for _, call, _ in _calls(cell) for a in call.args if isinstance(a, ast.Constant)]
        if question not in asked:
            yield cell, 1, f'The cell does not check its own question: `check("{question}")`.'
    if roles["exercise"] and roles["exercise"][0].block.objective is None:
        yield roles["exercise"][0], None, "The metadata does not say which objective the question tests."
    order = [ANSWER_ROLES.index(role) for cell in cells for role in ANSWER_ROLES if role in cell.tags]
    if order != sorted(order):
        place = next(n for n, (a, b) in enumerate(itertools.pairwise(order)) if a > b)
        yield (
            cells[place + 1],
            None,
            f"The cells of `{question}` are not in order: {', '.join(ANSWER_ROLES)}.",
        )


@rule(
    "gives-away",
    "Nothing that a learner reads gives a solution away.",
    "Say in the hint, the prompt or the metadata what to think of, and leave the code to the solution.",
)
def _gives_away(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is None or notebook.block.kind != "exercises":
        return
    other = context.partner(notebook)
    taught = [other.node] if other else []
    answers = Answers.of(notebook.node, taught)
    handed_out = edition(notebook.node, "learner")
    for leak in answers.in_text(dump(type(handed_out)({**handed_out, "cells": []}))):
        yield None, None, f"The metadata show what the solution of `{leak.question}` says: {leak.text}"
    for cell in handed_out.cells:
        alone = {**handed_out, "metadata": {}, "cells": [cell]}
        for leak in answers.in_text(dump(type(handed_out)(alone))):
            found = next((one for one in notebook.cells if one.id == cell.id), None)
            yield found, None, f"The cell shows what the solution of `{leak.question}` says: {leak.text}"


@rule(
    "partner",
    "Every lesson has an exercise set of the same file name, and the other way round.",
    "Add the other notebook.",
)
def _partner(notebook: Notebook, context: Context) -> Iterator[Hit]:
    if notebook.block is None:
        return
    other = context.partner(notebook)
    missing = "exercise set" if notebook.block.kind == "lesson" else "lesson"
    if other is None and context.whole:
        yield None, None, f"There is no {missing} with the id `{notebook.block.id}`."
    elif other and other.path.name != notebook.path.name:
        yield None, None, f"The {missing} has another file name, {other.path.name}."


EDITION = "edition"
EDITION_FIX = (
    "Take the value from the profile; or, where the text speaks of that country's published practice, cite it or mark it "
    '(cell metadata `"cleanworks": {"about": "Seoul"}`, in a module of checks `# about: Seoul`).'
)


@rule(EDITION, "No word bound to one country stands where the edition's own value belongs.", EDITION_FIX)
def _edition(notebook: Notebook, context: Context) -> Iterator[Hit]:
    for cell, line, word in bound.in_notebook(notebook, context.settings.editions.words):
        yield cell, line, f"The word {word!r} belongs to one country."


@rule(
    "country-rule",
    "No sentence that is wrong in some country stands without saying where it holds.",
    "Name the country in the same sentence, cite the rule, or let the profile say it (`profile.rule(...)`).",
)
def _country_rule(notebook: Notebook, context: Context) -> Iterator[Hit]:
    editions = context.settings.editions
    for cell, line, found in bound.sentences(notebook, editions.sentences, editions.words):
        yield cell, line, f"This is wrong in the edition of {', '.join(found.wrong_in)}: {found.because}."


# --- looking into cells -------------------------------------------------------------------------------------------


def _markdown_lines(notebook: Notebook) -> Iterator[tuple[Cell, int, str]]:
    for cell in notebook.cells:
        if cell.is_markdown:
            for number, line in lines_outside_fences(cell.source):
                yield cell, number, line


def _tree(cell: Cell) -> ast.AST:
    return parsed(cell.source) or ast.Module(body=[], type_ignores=[])


def _calls(cell: Cell) -> Iterator[tuple[str, ast.Call, int]]:
    """(dotted name, call, line) of each call in a code cell."""
    if not cell.is_code:
        return
    for node in ast.walk(_tree(cell)):
        if isinstance(node, ast.Call):
            yield _dotted(node.func), node, node.lineno


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _imports(cell: Cell) -> Iterator[tuple[str, int]]:
    """(top-level name, line) of each import in a code cell."""
    if not cell.is_code:
        return
    for node in ast.walk(_tree(cell)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno
