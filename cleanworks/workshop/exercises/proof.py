"""The proof of an exercise set: solution accepted, starter not attempted, each wrong answer answered, nothing given away.

The answer to an open question is never called correct; of a wrong one its rubric must hold the line that it fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanworks.errors import InputError
from cleanworks.learn.outcome import MIME
from cleanworks.workshop.course_jobs import LOCK, module_roots
from cleanworks.workshop.editions import edition, leaks
from cleanworks.workshop.exercises.trials import Plan, Trial, make_plan
from cleanworks.workshop.lint.context import Context
from cleanworks.workshop.metadata import NotebookBlock
from cleanworks.workshop.notebook import Cell, Notebook, dump, read
from cleanworks.workshop.run import Job, Listener, RunOptions, run_notebooks
from cleanworks.workshop.run.lesson_results import Failure, LessonResult

WORDS = {
    "correct": "correct",
    "answered": "answered: compare with the model answer",
    "not-yet": "not yet",
    "not-attempted": "not attempted",
    "raised": "your code raised an error",
}


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it must be, and where."""

    path: Path
    what: str
    question: str = ""
    cell: str = ""
    position: int | None = None
    rerun: str = ""

    def __str__(self) -> str:
        place = self.path.as_posix()
        if self.position:
            place += f": cell {self.position} `{self.cell}`"
        if self.question:
            place += f", question {self.question}"
        again = f"\n    Try it alone: {self.rerun}" if self.rerun else ""
        return f"{place}\n    {self.what}{again}"


@dataclass(frozen=True)
class Proof:
    """What was tried of one exercise set, and what is wrong with it."""

    id: str
    path: Path
    questions: int
    wrong_answers: int
    faults: tuple[Fault, ...]
    cached: bool = False

    @property
    def holds(self) -> bool:
        return not self.faults


def prove(
    root: Path,
    wanted: Sequence[str] = (),
    *,
    listener: Listener | None = None,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[list[Proof], bool]:
    """Prove exercise sets: run every starter, wrong answer and solution against its check.

    Parameters
    ----------
    root : Path
        Folder of the course.
    wanted : sequence of str
        Ids of lessons, or paths of exercise notebooks; all sets of the course if empty.
    options
        Passed on to the run: `workers`, `force`, `fresh`, `timeout`.

    Returns
    -------
    (proofs, interrupted)

    Raises
    ------
    InputError
        An id or a file does not exist, or a notebook cannot be read. A set that fails its proof is no error: see
        `Proof.faults`.
    """
    root = Path(root).resolve()
    context = Context.of(root, [Path(name).resolve() for name in wanted if name.endswith(".ipynb")])
    sets = _chosen(context, wanted)
    plans = [make_plan(notebook) for notebook in sets]
    settings = RunOptions(
        root=root,
        out=root / "_build" / "proof",
        inputs=_inputs(root, context),
        environment=dict(environment or {}),
        preload=context.settings.preload,
        **options,
    )
    jobs = [_job(root, notebook, plan) for notebook, plan in zip(sets, plans, strict=True)]
    result = run_notebooks(jobs, settings, listener)
    proofs = [
        _judged(root, notebook, plan, lesson, context)
        for notebook, plan, lesson in zip(sets, plans, result.lessons, strict=True)
        if lesson.status != "not run"
    ]
    return proofs, result.interrupted


def _chosen(context: Context, wanted: Sequence[str]) -> list[Notebook]:
    sets = [
        notebook for notebook in context.notebooks if notebook.block and notebook.block.kind == "exercises"
    ]
    if not wanted:
        if not sets:
            raise InputError(
                "There is no exercise set to prove.",
                where=str(context.root),
                fix="`cleanworks lesson new` writes one.",
            )
        return sets
    by_id = {_block(notebook).id: notebook for notebook in sets}
    chosen: list[Notebook] = []
    for name in wanted:
        if name.endswith(".ipynb"):
            notebook = read(Path(name).resolve())
            if notebook.block is None:
                raise InputError(
                    f"Its metadata is wrong: {notebook.block_problems[0]}.",
                    where=name,
                    fix="`cleanworks lint` lists everything.",
                )
            if notebook.block.kind != "exercises":
                raise InputError(
                    "This is a lesson, not an exercise set.",
                    where=name,
                    fix="Name its exercise set, or its id.",
                )
        elif name in by_id:
            notebook = by_id[name]
        else:
            raise InputError(
                f"There is no exercise set {name!r}.", fix=f"There are {', '.join(sorted(by_id)) or 'none'}."
            )
        chosen.append(notebook)
    return list({notebook.path: notebook for notebook in chosen}.values())


def _inputs(root: Path, context: Context) -> list[Path]:
    names = dict.fromkeys([*context.settings.inputs, LOCK])
    return [root / name for name in names if (root / name).is_file()]


def _block(notebook: Notebook) -> NotebookBlock:
    """Of a notebook that was chosen by the id in its block."""
    assert notebook.block is not None
    return notebook.block


def _job(root: Path, notebook: Notebook, plan: Plan) -> Job:
    return Job(
        f"{_block(notebook).id}-proof",
        plan.node,
        workdir=notebook.path.parent,
        roots=module_roots(root),
        timeout=_block(notebook).timeout,
        target=f"{_block(notebook).id}.ipynb",
    )


# --- judging ------------------------------------------------------------------------------------------------------


def _judged(root: Path, notebook: Notebook, plan: Plan, result: LessonResult, context: Context) -> Proof:
    faults = [_fault(root, notebook, cell, what) for cell, what in plan.missing]
    outputs = _outputs(result)
    if result.failure is not None:
        faults.append(_broken_run(root, notebook, plan, result.failure))
    faults += _given_away(root, notebook, context)
    if result.failure is None:
        for number, trial in enumerate(plan.trials):
            ran = [
                (placed.cell, outputs[position])
                for position, placed in enumerate(plan.placed)
                if placed.trial == number and placed.cell is not None
            ]
            faults += [_fault(root, notebook, trial.subject, what, trial) for what in _wrong(trial, ran)]
    return Proof(
        id=_block(notebook).id,
        path=_shown(root, notebook.path),
        questions=len(notebook.questions),
        wrong_answers=sum(trial.subject.tags >= {"wrong-answer"} for trial in plan.trials),
        faults=tuple(faults),
        cached=result.cached,
    )


def _outputs(result: LessonResult) -> list[list[dict[str, Any]]]:
    if result.executed is None or not result.executed.is_file():
        return []
    return [list(cell.node.get("outputs", [])) for cell in read(result.executed).cells]


def _wrong(trial: Trial, ran: list[tuple[Cell, list[dict[str, Any]]]]) -> Iterable[str]:
    """What is wrong with one trial; nothing if the check said what it had to say."""
    expected = WORDS[trial.expected]
    told = _record(ran[-1][1])
    stopped = [(cell, _error(outputs)) for cell, outputs in ran if _error(outputs)]
    if told is None:
        why = (
            f" It stopped: {stopped[-1][1]}." if stopped else " Its last line must be the call of the check."
        )
        yield f"The check gives no outcome for {trial.what}.{why}"
        return
    if told.get("broken"):
        yield f"The check itself fails on {trial.what}: {told['broken']}."
        return
    said = f"`{WORDS.get(told['outcome'], told['outcome'])}`: {told['message'] or 'no message'}"
    if told["outcome"] != trial.expected:
        yield f"The check should say `{expected}` to {trial.what}. It says {said}"
    elif trial.phrase and _plain(trial.phrase) not in _plain(
        "\n".join([told["message"], *told.get("rubric", [])])
    ):
        rubric = f" with the rubric: {'; '.join(told['rubric'])}" if told.get("rubric") else ""
        yield f"The feedback to {trial.what} should contain `{trial.phrase}`. It says {said}{rubric}"
    if trial.expected != "raised":
        for cell, error in stopped:
            yield f"In the trial of {trial.what}, {cell} stops with an error: {error}."


def _record(outputs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The outcome that a cell shows, if it shows one."""
    for output in reversed(outputs):
        if MIME in output.get("data", {}):
            return output["data"][MIME]
    return None


def _error(outputs: list[dict[str, Any]]) -> str:
    for output in outputs:
        if output.get("output_type") == "error":
            return f"{output.get('ename')}: {output.get('evalue')}"
    return ""


def _broken_run(root: Path, notebook: Notebook, plan: Plan, failure: Failure) -> Fault:
    """The trials could not all be run: a first cell of the set stopped, or time or memory ran out."""
    placed = plan.placed[failure.cell - 1] if failure.cell and failure.cell <= len(plan.placed) else None
    trial = plan.trials[placed.trial] if placed and placed.trial is not None else None
    where = f" in the trial of {trial.what}" if trial else ""
    details = f" {failure.details[-1].strip()}" if failure.details else ""
    what = f"The trials stopped{where}: {failure.message}{details}"
    cell = (placed.cell if placed else None) or (trial.subject if trial else None)
    return _fault(root, notebook, cell, what, trial)


def _given_away(root: Path, notebook: Notebook, context: Context) -> list[Fault]:
    """Lines of solutions that the learner's edition of the set shows."""
    lesson = context.partner(notebook)
    taught = [lesson.node] if lesson else []
    by_id = {cell.id: cell for cell in notebook.cells}
    return [
        _fault(
            root,
            notebook,
            by_id.get(leak.cell),
            f"Line {leak.line} of the solution stands in what learners are handed: `{leak.text}`. "
            "Look at the hints, the prompts and the outputs.",
        )
        for leak in leaks(dump(edition(notebook.node, "learner")), notebook.node, taught=taught)
    ]


def _fault(root: Path, notebook: Notebook, cell: Cell | None, what: str, trial: Trial | None = None) -> Fault:
    question = trial.question if trial else cell.block.question if cell and cell.block.question else ""
    return Fault(
        path=_shown(root, notebook.path),
        what=what[0].upper() + what[1:],
        question=question,
        cell=cell.id if cell else "",
        position=cell.position if cell else None,
        rerun=f"cleanworks exercises prove {_block(notebook).id}",
    )


def _shown(root: Path, path: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
