// Runs notebooks in Pyodide under Node, with the images that a page loads and with nothing else, for the proof that page and
// book agree. Standard input: one JSON object; see page_proof.py.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";

// Node would print the line of the program with the error, which is a megabyte long.
for (const kind of ["uncaughtException", "unhandledRejection"]) {
  process.on(kind, (error) => {
    console.error(String(error?.message ?? error).slice(-3000));
    process.exit(1);
  });
}

const job = JSON.parse(fs.readFileSync(0, "utf8"));

function image(name) {
  const script = fs.readFileSync(job.images[name], "latin1");
  return inflateRawSync(Buffer.from(script.split("*", 2)[1], "base64"));
}

function* filesOf(bytes) {
  const start = 4 + bytes.readUInt32LE(0);
  for (const [name, at, size] of JSON.parse(bytes.subarray(4, start).toString("utf8"))) {
    yield [name, bytes.subarray(start + at, start + at + size)];
  }
}

// As in worker.js: no notebook gets more memory than a page has.
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65_536 > job.memory) throw new RangeError("more memory than a page may have");
  return grow.call(this, pages);
};

for (const [name, bytes] of filesOf(image("core"))) fs.writeFileSync(path.join(job.folder, name), bytes);
fs.writeFileSync(path.join(job.folder, "pyodide.asm.wasm"), image("wasm"));
const { loadPyodide } = createRequire(import.meta.url)(path.join(job.folder, "pyodide.js"));
const python = await loadPyodide({ indexURL: `${job.folder}/`, env: job.environment, stdout: () => {}, stderr: () => {} });

const mounted = new Map();
async function mount(name) {
  if (mounted.has(name)) return;
  const files = [];
  for (const [file, bytes] of filesOf(image(name))) {
    python.FS.mkdirTree(path.posix.dirname(file));
    python.FS.writeFile(file, new Uint8Array(bytes));
    files.push(file);
    if (/^\/usr\/lib\/[^/]+\.so$/.test(file)) await python._api.loadDynlib(file, true, ["/usr/lib"]);
  }
  mounted.set(name, files);
}

for (const name of job.start.filter((name) => name !== "core" && name !== "wasm")) await mount(name);
python.runPython(`
import gc, importlib, json, os, sys, warnings
sys.path.insert(0, "/home/pyodide")
importlib.invalidate_caches()
_environment, _modules, _filters = dict(os.environ), None, list(warnings.filters)

def _fresh():
    """Forget what the last notebook left: its modules and the course's, its figures, its warnings."""
    global shell, _modules
    own = {name.split(".")[0] for name in os.listdir("/home/pyodide") if name.endswith(".py")} | {"cleanworks"}
    for name in [name for name in sys.modules if name.split(".")[0] in own - {"cwguard"}]:
        del sys.modules[name]
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcdefaults()
    os.environ.clear()
    os.environ.update(_environment)
    warnings.filters[:] = _filters
    for module in list(sys.modules.values()):
        vars(module).pop("__warningregistry__", None) if type(module) is type(sys) else None
    gc.collect()
    shell = importlib.import_module("cwshell").Shell()

def _run(id, source):
    return json.dumps(shell.run(id, source), default=str)
`);
for (const notebook of job.notebooks) {
  const begun = process.cpuUsage();
  for (const [name, files] of mounted) {
    if (!name.startsWith("data-")) continue;
    for (const file of files) if (python.FS.analyzePath(file).exists) python.FS.unlink(file);
    mounted.delete(name);
  }
  for (const name of notebook.images) if (job.images[name]) await mount(name);
  python.runPython("_fresh()");
  const run = python.globals.get("_run");
  const cells = {};
  for (const cell of notebook.cells) cells[cell.id] = JSON.parse(run(cell.id, cell.source));
  run.destroy();
  const { user, system } = process.cpuUsage(begun);
  fs.writeFileSync(notebook.out, JSON.stringify({ cells, seconds: (user + system) / 1e6, memory: python._module.HEAP8.length }));
}
process.exit(0);
