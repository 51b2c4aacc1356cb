// Python itself, in a worker: live.js loads this file at the first Run and starts what the function below says. Everything
// it needs comes in by message; it never asks a disk or a network.
"use strict";

CleanWorksLive.worker(function () {
  let python = null;
  let run = null;
  let running = 0;
  const core = {};
  const folders = new Set();
  const dropped = new Set();
  const tell = (say, more = {}) => self.postMessage({ say, ...more });

  // --- images: 4 bytes with the length of an index, the index [[path, offset, size], ...], the files ---

  function* filesOf(image) {
    const length = new DataView(image.buffer, image.byteOffset).getUint32(0, true);
    const start = 4 + length;
    for (const [name, at, size] of JSON.parse(new TextDecoder().decode(image.subarray(4, start)))) {
      yield [name, image.subarray(start + at, start + at + size)];
    }
  }

  // At once: a browser may keep bytes that nobody needs for as long as there is memory.
  const free = (bytes) => bytes?.buffer.transfer?.(0);

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

  // Each file gets bytes of its own, so that one can be dropped. Gives what other libraries are linked against.
  function place(image) {
    const libraries = [];
    for (const [name, bytes] of filesOf(image)) {
      const folder = name.slice(0, name.lastIndexOf("/"));
      if (!folders.has(folder)) {
        python.FS.mkdirTree(folder);
        folders.add(folder);
      }
      python.FS.writeFile(name, bytes.slice(), { canOwn: true });
      if (/^\/usr\/lib\/[^/]+\.so$/.test(name)) libraries.push(name);
    }
    free(image);
    return libraries;
  }

  // A library that was loaded needs its file no more, and files are memory here.
  function dropLoaded() {
    for (const name of Object.keys(python._module.LDSO.loadedLibsByName)) {
      if (!name.startsWith("/") || dropped.has(name)) continue;
      free(python.FS.lookupPath(name).node.contents);
      python.FS.truncate(name, 0);
      dropped.add(name);
    }
  }

  async function mount({ image, imports }) {
    // What other libraries are linked against has to be there before they are.
    for (const name of place(image)) await python._api.loadDynlib(name, true, ["/usr/lib"]);
    if (imports?.length) {
      python.runPython(`import importlib; importlib.invalidate_caches(); import ${imports.join(", ")}`);
    }
    dropLoaded();
  }

  // Large libraries that few cells call stay packed until code imports them. An import cannot wait, so Python unpacks them.
  function later({ packed, unpacked, modules }) {
    const waiting = python.runPython(`
import importlib, sys, zlib

class _Later:
    """A finder of modules that finds nothing, and puts files to where the next finder looks."""

    def __init__(self, modules, packed, make_room, place):
        self.modules, self.packed, self.make_room, self.place = set(modules), packed, make_room, place

    def find_spec(self, name, path=None, target=None):
        if name in self.modules:
            sys.meta_path.remove(self)
            room, unpacker, at = self.make_room(), zlib.decompressobj(-15), 0
            for start in range(0, self.packed.length, 1 << 18):
                data = unpacker.decompress(self.packed.subarray(start, start + (1 << 18)).to_bytes())
                room.subarray(at, at + len(data)).assign(data)
                at += len(data)
            self.place(room)
            importlib.invalidate_caches()

lambda *given: sys.meta_path.insert(0, _Later(*given))`);
    waiting(modules, packed, () => new Uint8Array(unpacked), (image) => {
      for (const name of place(image)) {
        python._module.loadDynamicLibrary(name, { loadAsync: false, global: true, nodelete: true, allowUndefined: true, fs: python.FS });
        const { loadedLibsByName: loaded } = python._module.LDSO;
        loaded[name.split("/").pop()] ??= loaded[name];
      }
    });
    waiting.destroy();
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
    later,
    start,
    run({ id, cell, source, quiet, answers }) {
      running = id;
      const result = JSON.parse(run(cell, source, quiet, JSON.stringify(answers)));
      dropLoaded();
      tell("done", { id, result });
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
        if (data.act !== "start" && data.act !== "run") tell("step");
      } catch (error) {
        failed = true;
        tell("failed", { why: String(error?.message ?? error) });
      }
    });
  };
  tell("hello", { wasm: typeof WebAssembly === "object" });
});
