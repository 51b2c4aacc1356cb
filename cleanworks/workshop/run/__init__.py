"""Run notebooks: in parallel, from a cache that knows what a result depends on, with a report that says where it went wrong.

    from cleanworks.workshop.run import Job, RunOptions, run_notebooks

    result = run_notebooks([Job("c6", Path("notebooks/construction/c6-paying.ipynb"))], RunOptions(root=Path(".")))

Rooms: `jobs` and `lesson_results` are what goes in and comes out; `keys` and `result_cache` the cache; `runner` the way from one to the other;
`pool` the worker processes; `worker` what one of them does; `kernels` how Python is started for a notebook. How a course becomes jobs
(`course_jobs`), what people see of a run (`reports`) and its commands (`run_command`) lie beside this room and use it.
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
