"""What a notebook shows is the same in a fork, in a fresh Python and in plain nbclient."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from cleanworks.workshop.run import Job, RunOptions, run_notebooks
from cleanworks.workshop.run.engine import METADATA, NBCLIENT, PIPE

# One cell for each kind of message and each way to write; names say what a difference would be about.
CELLS = {
    "value": "6 * 7",
    "several values": "from IPython.display import display\ndisplay(1)\ndisplay('two')\n3",
    "printed": "print('one')\nprint('two', end='')\nprint('three', flush=True)",
    "flushed in turn": "import sys\nfor n in range(3):\n    print('out', n, flush=True)\n    print('err', n, file=sys.stderr, flush=True)",
    "the shell": "!echo from the shell",
    "the shell's lines": "lines = !printf 'a\\nb\\n'\nlines",
    "the shell in a function": "def say(inner):\n    !echo {inner} $inner\n    kept = !echo {inner} again\n    return kept\nsay('from inside')",
    "the shell, called": "def call(inner):\n    get_ipython().system('echo {inner}')\ncall('by its name')",
    "the shell that fails": "said = !echo gone; exit 3\n!exit 4\nsaid, _exit_code",
    "html": "from IPython.display import HTML\nHTML('<b>bold</b>')",
    "markdown and latex": "from IPython.display import Latex, Markdown\ndisplay(Markdown('*m*'), Latex('$x$'))",
    "json": "from IPython.display import JSON\nJSON({'a': [1, 2]})",
    "a picture": "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20), format='png')",
    "a table": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "a figure": "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots(figsize=(2, 1))\naxes.plot([1, 2])\nplt.show()",
    "a display that changes": "handle = display('first', display_id='changing')\nhandle.update('second')",
    "a display that changes later": "handle.update('third')",
    "cleared": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "cleared when the next comes": "print('gone')\nclear_output(wait=True)\nprint('stays')",
    "a magic": "%precision 2\n3.14159",
    "a cell magic": "%%capture captured\nprint('kept back')",
    "what it captured": "captured.stdout",
    "html by magic": "%%html\n<i>said</i>",
    "help": "int.bit_length?",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "a task": "async def later():\n    print('in a task')\n    return 5\nawait asyncio.create_task(later())",
    "a thread": "import threading\nthread = threading.Thread(target=print, args=('in a thread',))\nthread.start()\nthread.join()",
    "a pool": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n    squares = list(pool.map(lambda x: x * x, range(4)))\nsquares",
    "a warning": "import warnings\nwarnings.warn('look out')",
    "in and out": "In[1], Out[1]",
    "the last value": "_",
    "progress": "for done in range(3):\n    print(f'\\r{done}', end='')\nprint()",
    "letters of the world": "print('Ω 한국 ☃ \\U0001f600')\n'é'",
    "a long line": "print('x' * 100_000)",
    "many lines": "for n in range(2_000):\n    print(n)",
    "nothing": "pass",
    "a question answered by nobody": "try:\n    input('? ')\nexcept Exception as error:\n    print(type(error).__name__)",
    "standard output closed": "import io\nkept, sys.stdout = sys.stdout, io.StringIO()\nprint('into the buffer')\nsys.stdout = kept\nprint('back')",
}
RAISES = {
    "an exception shown": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()",
    "no text": "sys.stdout.write(b'bytes')",
    "no text, in a chain": "try:\n    sys.stdout.write(1)\nexcept TypeError as error:\n    raise ValueError('chained') from error",
    "what the stream lacks": "sys.stdout.buffer",
    "a call in a pool that fails": "call = ThreadPoolExecutor(1).submit(lambda: 1 / 0)\ncall.result()",
    "its traceback": "import traceback\ntry:\n    call.result()\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "an error": "def inner():\n    raise ValueError('inner')\ninner()",
    "a syntax error": "1 +",
    "an exit code": "raise SystemExit(3)",
    "standard output closed for good": "sys.stdout.close()\nprint('x')",
    "standard output closed in the cell before": "print('y')",
}
# What libraries draw for browsers.
OTHERS = {
    "tqdm beside errors": "from tqdm import trange\nfor _ in trange(3, bar_format='{n}', mininterval=0, miniters=1):\n    print('done', flush=True)",
    "tqdm": "from tqdm import tqdm\nfor _ in tqdm(range(3), file=sys.stdout, bar_format='{n}'):\n    pass",
    "rich": "from rich.table import Table\nfrom rich import print as say\ntable = Table('a')\ntable.add_row('1')\nsay(table)",
    "plotly": "import plotly.graph_objects as go\nfigure = go.Figure(go.Bar(y=[1, 2]))\n"
    "HTML(figure.to_html(full_html=False, include_plotlyjs=False, div_id='p'))",
    "altair": "import altair as alt\nchart = alt.Chart(pd.DataFrame({'a': [1, 2]})).mark_bar().encode(x='a:Q')\nHTML(chart.to_html())",
    "bokeh": "from bokeh.embed import file_html\nfrom bokeh.plotting import figure as new\n"
    "drawn = new(width=200, height=100)\ndrawn.line([1, 2], [3, 4])\nHTML(file_html(drawn))",
    "rich in its own words": "from rich.console import Console\nConsole().print('[bold]Rain[/bold]', 5, {'a': 1})",
}

# A notebook that shows a widget is executed by nbclient in a fork, too, so these have one of their own.
WIDGETS = {
    "a widget": "import ipywidgets\nslider = ipywidgets.IntSlider(value=4)\nslider.value",
    "what a widget hears": "heard = []\nslider.observe(lambda change: heard.append(change['new']), 'value')\nslider.value = 9\nheard",
    "a widget for output": "out = ipywidgets.Output()\nwith out:\n    print('inside')\nlen(out.outputs)",
}
# What a fork cannot have, and says so: it has no sockets, and no thread that serves them.
WITHOUT_SOCKETS = {
    "who may connect": ("%connect_info", "nothing else can connect to it; with --fresh it has"),
    "a second shell": ("%subshell", "Kernel does not support subshells"),
}

# What is written to the file descriptor, between what is printed before and after it, and how it has to stand. nbclient's own kernels
# read the descriptor now and then: there the order, and even the cell, is a matter of timing. So these have a notebook of their own,
# which no reference executes.
WRITTEN = {
    "the file descriptor": (
        "import os\nprint('a', flush=True)\nos.write(1, b'raw\\n')\nprint('b')",
        "a\nraw\nb\n",
    ),
    "a library in C": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nprint('a', flush=True)\nlibc.puts(b'from C')\nlibc.fflush(None)\nprint('b')",
        "a\nfrom C\nb\n",
    ),
    "a program": (
        "import subprocess\nprint('before', flush=True)\nsubprocess.run(['echo', 'from a program'])\nprint('after')",
        "before\nfrom a program\nafter\n",
    ),
    "a fork": (
        "import os\npid = os.fork()\nif pid == 0:\n    os.write(1, b'in a fork\\n')\n    os._exit(0)\nos.waitpid(pid, 0)[1]",
        "in a fork\n",
    ),
}

# What goes to both streams, and how it has to stand. nbclient's own kernels send each stream by itself, at a time of its own: the page
# shows all that was printed and then all that was logged, or the other way round.
IN_TURN = {
    "both streams": (
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
        [("stdout", "out\n"), ("stderr", "err\n"), ("stdout", "out again\n")],
    ),
    "logging": (
        "import logging\nlogging.warning('first')\nprint('between')\nlogging.warning('second')",
        [("stderr", "WARNING:root:first\n"), ("stdout", "between\n"), ("stderr", "WARNING:root:second\n")],
    ),
    "a library in C and a warning": (
        "libc = __import__('ctypes').CDLL(None)\nprint('a')\nlibc.puts(b'from C')\nlibc.fflush(None)\n"
        "print('err', file=sys.stderr)\nprint('b')",
        [("stdout", "a\nfrom C\n"), ("stderr", "err\n"), ("stdout", "b\n")],
    ),
    "many, in turn": (
        "for n in range(500):\n    print(n, file=(sys.stdout, sys.stderr)[n % 2])",
        [(("stdout", "stderr")[n % 2], f"{n}\n") for n in range(500)],
    ),
    "one closed": (
        "print('a', file=sys.stderr)\nsys.stderr.close()\nprint('b')",
        [("stderr", "a\n"), ("stdout", "b\n")],
    ),
}

# What differs by nature: addresses of objects, process ids, times.
_BY_NATURE = re.compile(
    r"id='p?\d{4,}'|\bp\d{4}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]+|/ipykernel_\d+/\d+\.py|/ipykernel/\d+\.py|\d+(\.\d+)? ?(ms|µs|s) "
)


def notebooks() -> dict[str, nbformat.NotebookNode]:
    return {
        "all": a_notebook(
            CELLS | OTHERS | {name: code for name, (code, _) in WITHOUT_SOCKETS.items()}, RAISES
        ),
        "widgets": a_notebook(WIDGETS),
        "written": a_notebook({name: code for name, (code, _) in (WRITTEN | IN_TURN).items()}),
    }


def a_notebook(codes: dict[str, str], raises: dict[str, str] | None = None) -> nbformat.NotebookNode:
    cells = [
        new_code_cell(code, id=f"c{n}", metadata={"name": name})
        for n, (name, code) in enumerate(codes.items())
    ]
    cells += [
        new_code_cell(code, id=f"r{n}", metadata={"name": name, "tags": ["raises-exception"]})
        for n, (name, code) in enumerate((raises or {}).items())
    ]
    return new_notebook(
        cells=cells,
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def shown(node: nbformat.NotebookNode) -> dict[str, list]:
    """What each cell shows, neighbouring pieces of one stream joined: where it is cut is a matter of timing in any kernel."""
    found = {}
    for cell in node.cells:
        outputs: list[dict] = []
        for output in json.loads(json.dumps(cell.outputs)):
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
                if outputs and outputs[-1].get("name") == output["name"]:
                    outputs[-1]["text"] += output["text"]
                    continue
            outputs.append(output)
        found[cell.metadata.name] = json.loads(_BY_NATURE.sub("…", json.dumps(outputs, sort_keys=True)))
    return found


@pytest.fixture(scope="module")
def reference() -> dict[str, list]:
    nodes = [node for name, node in notebooks().items() if name != "written"]
    with pytest.MonkeyPatch.context() as patch:
        # ipykernel drops what programs print when it sees that pytest runs; ours never hears of it.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        for node in nodes:
            NotebookClient(node, timeout=120, kernel_name="python3").execute()
    return {name: outputs for node in nodes for name, outputs in shown(node).items()}


@pytest.mark.parametrize(
    "fresh", [False, pytest.param(True, marks=pytest.mark.everything)], ids=["forked", "fresh"]
)
def test_every_cell_shows_what_nbclient_shows(tmp_path, reference, fresh):
    for name, node in notebooks().items():
        (tmp_path / f"{name}.ipynb").write_text(nbformat.writes(node), encoding="utf-8")
    jobs = [Job(name, tmp_path / f"{name}.ipynb") for name in notebooks()]
    result = run_notebooks(jobs, RunOptions(root=tmp_path, fresh=fresh))
    ours, by = {}, {}
    for lesson in result.lessons:
        assert lesson.status == "passed", lesson.failure
        node = nbformat.read(Path(lesson.executed), as_version=4)
        ours |= shown(node)
        by[lesson.name] = node.metadata[METADATA]
    in_a_fork = NBCLIENT if fresh else PIPE
    assert by == {"all": in_a_fork, "widgets": NBCLIENT, "written": in_a_fork}
    for name, (_, text) in WRITTEN.items():
        # From Python 3.12 on a fork beside threads is warned of, on standard error, in every kernel.
        printed = [output["text"] for output in ours[name] if output.get("name") == "stdout"]
        assert "".join(printed) == text, name
    for name, (_, streams) in IN_TURN.items():
        assert [(output["name"], output["text"]) for output in ours[name]] == streams, name
    for name, (_, words) in WITHOUT_SOCKETS.items():
        assert (words in json.dumps(ours[name])) is not fresh, ours[name]
    different = "".join(
        difference(name, ours[name], reference[name])
        for name in reference
        if name not in WITHOUT_SOCKETS and ours[name] != reference[name]
    )
    assert not different, different


def difference(name: str, ours: list, reference: list) -> str:
    """Where the two part, with a few letters around the place: a cell may show hundreds of thousands."""
    one, other = (json.dumps(outputs, ensure_ascii=False) for outputs in (ours, reference))
    shortest = min(len(one), len(other))
    place = next((n for n in range(shortest) if one[n] != other[n]), shortest)
    around = slice(max(0, place - 60), place + 120)
    return f"\n{name}, from letter {place} on:\n  ours      {one[around]}\n  reference {other[around]}"
