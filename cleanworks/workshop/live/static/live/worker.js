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

  class Trouble extends Error {
    constructor(kind, file, why) {
      super(why ?? kind);
      this.kind = kind;
      this.file = file;
    }
  }

  // --- images: 4 bytes with the length of an index, the index [[path, offset, size], ...], the files ---

  async function inflated(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function* filesOf(image) {
    const length = new DataView(image.buffer, image.byteOffset).getUint32(0, true);
    const start = 4 + length;
    for (const [name, at, size] of JSON.parse(new TextDecoder().decode(image.subarray(4, start)))) {
      yield [name, image.subarray(start + at, start + at + size)];
    }
  }

  async function opened({ name, bytes, sha256 }) {
    if (await digest(bytes) !== sha256) throw new Trouble("altered", name);
    return inflated(bytes);
  }

  async function digest(bytes) {
    // A page from a plain http address has no `crypto.subtle`.
    const sum = self.crypto?.subtle ? new Uint8Array(await self.crypto.subtle.digest("SHA-256", bytes)) : sha256(bytes);
    return [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function sha256(bytes) {
    const primes = [];
    for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
    const fraction = (value) => ((value - Math.floor(value)) * 2 ** 32) | 0;
    const k = primes.map((p) => fraction(Math.cbrt(p)));
    const h = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
    const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
    view.setUint32(padded.length - 4, bytes.length << 3);
    const w = new Int32Array(64);
    const turned = (x, by) => (x >>> by) | (x << (32 - by));
    for (let at = 0; at < padded.length; at += 64) {
      for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(at + 4 * i);
      for (let i = 16; i < 64; i += 1) {
        const s0 = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const s1 = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
      }
      let [a, b, c, d, e, f, g, x] = h;
      for (let i = 0; i < 64; i += 1) {
        const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
        const one = (x + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
        const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
        const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [x, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, x].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
    }
    const sum = new DataView(new ArrayBuffer(32));
    h.forEach((value, i) => sum.setInt32(4 * i, value));
    return new Uint8Array(sum.buffer);
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

  async function boot({ images, module, memory, env }) {
    const [files, wasm] = [await opened(images.core), await opened(images.wasm)];
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

  async function mount(image) {
    const libraries = [];
    for (const [name, bytes] of filesOf(await opened(image))) {
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
    if (image.imports?.length) {
      python.runPython(`import importlib; importlib.invalidate_caches(); import ${image.imports.join(", ")}`);
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
        if (data.act === "boot" || data.act === "mount") tell("step", { name: data.name ?? "core" });
      } catch (error) {
        failed = true;
        tell("failed", { id: data.id, kind: error.kind ?? "broken", file: error.file, why: String(error?.message ?? error) });
      }
    });
  };
  tell("hello", { wasm: typeof WebAssembly === "object" });
});
