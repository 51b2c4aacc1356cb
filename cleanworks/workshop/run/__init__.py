"""Run notebooks: in parallel, from a cache that knows what a result depends on, with a report that says where it went wrong.

    from cleanworks.workshop.run import Job, RunOptions, run_notebooks

    result = run_notebooks([Job("c6", Path("notebooks/construction/c6-paying.ipynb"))], RunOptions(root=Path(".")))

Rooms: `jobs` and `lesson_results` are what goes in and comes out; `keys` and `result_cache` the cache; `runner` the way from one to the other;
`pool` the worker processes; `execute` one notebook; `kernels` how Python is started for it; `progress_display`, `terminal`, `junit`, `github`
and `result_page` the reports; `run_command` the command line.
"""

from .jobs import Job, Listener, RunOptions, Skip
from .lesson_results import CellTime, Failure, LessonResult, RunResult
from .runner import run_notebooks, undeclared_reads

__all__ = [
    "CellTime",
    "Failure",
    "Job",
    "LessonResult",
    "Listener",
    "RunOptions",
    "RunResult",
    "Skip",
    "run_notebooks",
    "undeclared_reads",
]
