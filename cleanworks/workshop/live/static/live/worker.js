// Python itself, in a worker: live.js loads this file at the first Run and starts what the function below says. Everything
// it needs comes in by message; it never asks a disk or a network.
"use strict";

CleanWorksLive.worker(function () {
  let python = null;
  let run = null;
  let running = 0;
  const core = {};
  const folders = new Set();
  const tell = (say, more = {}) => self.postMessage({ say, ...more });

  // --- images: 4 bytes with the length of an index, the index [[path, offset, size], ...], the files ---

  function* filesOf(image) {
    const length = new DataView(image.buffer, image.byteOffset).getUint32(0, true);
    const start = 4 + length;
    for (const [name, at, size] of JSON.parse(new TextDecoder().decode(image.subarray(4, start)))) {
      yield [name, image.subarray(start + at, start + at + size)];
    }
  }

  // --- starting ---

  // Pyodide asks for its files by address; they are here. Nothing else can be had.
  self.fetch = async (address) => {
    const name = String(address?.url ?? address).split(/[?#]/)[0].split("/").pop();
    if (!core[name]) throw new TypeError(`There is no network here: ${address}`);
    return new Response(core[name], { headers: { "Content-Type": name.endsWith(".wasm") ? "application/wasm" : "text/plain" } });
  };

  // The compiled program is handed to the page, which gives it back after Stop: then nothing is compiled twice.
  function compileOnce(wasm, known) {
    WebAssembly.instantiateStreaming = async (_, imports) => {
      const module = known ?? (await WebAssembly.compile(wasm));
      if (!known) {
        try {
          tell("module", { module });
        } catch {
          // A browser that does not pass programs on compiles again.
        }
      }
      return { module, instance: await WebAssembly.instantiate(module, imports) };
    };
  }

  // What does not fit is then an error of the cell that asks for it, and no dead page.
  function limitMemory(most) {
    const { grow } = WebAssembly.Memory.prototype;
    WebAssembly.Memory.prototype.grow = function (pages) {
      if (this.buffer.byteLength + pages * 65_536 > most) throw new RangeError("more memory than a page may have");
      return grow.call(this, pages);
    };
  }

  function script(name) {
    const address = URL.createObjectURL(new Blob([core[name]], { type: "text/javascript" }));
    try {
      importScripts(address);
    } catch {
      // A policy may refuse scripts from a blob and allow their text.
      (0, eval)(new TextDecoder().decode(core[name]));
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  async function boot({ files, wasm, module, memory, env }) {
    for (const [name, bytes] of filesOf(files)) core[name] = bytes;
    core["pyodide.asm.wasm"] = new Uint8Array(0);
    compileOnce(wasm, module);
    limitMemory(memory);
    // In this order loadPyodide finds its program and does not fetch it.
    script("pyodide.asm.js");
    script("pyodide.js");
    python = await self.loadPyodide({
      indexURL: "https://cleanworks.invalid/py/",
      env: {
        HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1", MPLBACKEND: "agg", MPLCONFIGDIR: "/home/pyodide/.mpl",
        ...env,
      },
      stdout: () => {},
      stderr: () => {},
    });
    for (const name of Object.keys(core)) delete core[name];
  }

  async function mount({ image, imports }) {
    const libraries = [];
    for (const [name, bytes] of filesOf(image)) {
      const folder = name.slice(0, name.lastIndexOf("/"));
      if (!folders.has(folder)) {
        python.FS.mkdirTree(folder);
        folders.add(folder);
      }
      python.FS.writeFile(name, bytes, { canOwn: true });
      if (/^\/usr\/lib\/[^/]+\.so$/.test(name)) libraries.push(name);
    }
    // What other libraries are linked against has to be there before they are.
    for (const name of libraries) await python._api.loadDynlib(name, true, ["/usr/lib"]);
    if (imports?.length) {
      python.runPython(`import importlib; importlib.invalidate_caches(); import ${imports.join(", ")}`);
    }
  }

  function start() {
    python.globals.set("_tell_output", (text) => tell("output", { id: running, output: JSON.parse(text) }));
    run = python.runPython(`
import importlib, json, sys
sys.path.insert(0, "/home/pyodide")
importlib.invalidate_caches()
import cwshell
try:
    from cleanworks import words
    from cwtables import fold
except ImportError:  # of a course that does without
    fold = None

def _for_page(output):
    figure = output.get("data", {}).get("application/vnd.cleanworks.figure-data+json")
    if figure and fold:
        output = {**output, "table": fold(figure, words.language())}
    return json.dumps(output, default=str)

_shell = cwshell.Shell(lambda output: _tell_output(_for_page(output)))

def _run(cell, source, quiet, answers):
    result = _shell.run(cell, source, quiet=quiet, answers=json.loads(answers))
    return json.dumps({name: result[name] for name in ("ok", "outcome", "asks", "restored")}, default=str)

_run`);
    tell("ready");
  }

  const acts = {
    boot,
    mount,
    start,
    run({ id, cell, source, quiet, answers }) {
      running = id;
      tell("done", { id, result: JSON.parse(run(cell, source, quiet, JSON.stringify(answers))) });
    },
  };

  // One thing after the other, in the order in which they come.
  let queue = Promise.resolve();
  let failed = false;
  self.onmessage = ({ data }) => {
    queue = queue.then(async () => {
      if (failed) return;
      try {
        await acts[data.act](data);
        if (data.act === "boot" || data.act === "mount") tell("step");
      } catch (error) {
        failed = true;
        tell("failed", { why: String(error?.message ?? error) });
      }
    });
  };
  tell("hello", { wasm: typeof WebAssembly === "object" });
});
