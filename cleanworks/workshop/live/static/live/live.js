// Python in the page: the buttons under code cells, editors, what cells show, and the machine behind them. Nothing but this
// file is loaded until a reader does something; Python itself comes at the first Run (worker.js). Nothing leaves the device.
"use strict";

window.CleanWorksLive = (() => {
  const about = JSON.parse(document.getElementById("cleanworks-live").textContent);
  const progress = window.cwProgress;
  const PIECE = 2 ** 18; // bytes that are unpacked at once
  const MUCH = 2 ** 26; // bytes
  const HELLO = 20_000; // ms until a worker that says nothing counts as refused
  const DOWNLOAD = "To run the code, download the notebook: “How to run this” at the top of the page says how.";

  const say = (text, values = {}) =>
    Object.entries(values).reduce((said, [name, value]) => said.replaceAll(`{${name}}`, value), inWords(text));

  function make(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function button(text, label, act) {
    const made = make("button", "cw-button", text);
    made.type = "button";
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  // For those who listen to the page. It is there from the start: what changes in it is announced.
  const spoken = make("div", "cw-unseen");
  spoken.setAttribute("role", "status");
  document.querySelector("article").append(spoken);
  function announce(text) {
    spoken.textContent = spoken.textContent === text ? `${text}\u00a0` : text;
  }

  function loadScript(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = about.base + name;
      script.onload = () => resolve(script.remove());
      script.onerror = () => reject(new Trouble("missing", name, script.remove()));
      document.head.append(script);
    });
  }

  class Trouble extends Error {
    constructor(kind, file) {
      super(kind);
      this.kind = kind;
      this.file = file;
    }
  }

  // --- the machine: files, worker, one job after the other ---

  const machine = (() => {
    const images = {}; // decoded and packed, kept for a restart
    let manifest = null;
    let source = "";
    let compiled = null;
    let worker = null;
    let ready = null; // a promise, while Python starts and afterwards
    let job = null; // { id, output, resolve, reject }
    let serial = 0;
    let generation = 0;
    let refused = null;
    let isReady = false;
    let abandon = () => {};
    let watching = () => {};
    const waiting = {};

    // The text stands in a comment of a function; a part of a function's text is no copy of it.
    function put(name, holder) {
      const script = holder.toString();
      const text = script.slice(script.indexOf("*") + 1, script.lastIndexOf("*"));
      let bytes;
      if (Uint8Array.fromBase64) bytes = Uint8Array.fromBase64(text);
      else {
        const letters = atob(text);
        bytes = new Uint8Array(letters.length);
        for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
      }
      images[name] = bytes;
    }

    async function image(name) {
      if (images[name]) return;
      const { file } = manifest.images[name] ?? {};
      if (!file) throw new Trouble("missing", name);
      waiting[name] ??= loadScript(file).finally(() => { delete waiting[name]; });
      await waiting[name];
      if (!images[name]) throw new Trouble("altered", file);
    }

    // At once: a browser may keep bytes that nobody needs for as long as there is memory.
    function free(bytes) {
      if (bytes.length === bytes.buffer.byteLength) bytes.buffer.transfer?.(0);
    }

    async function checked(name) {
      await image(name);
      const { file, sha256: sum } = manifest.images[name];
      if ((await digest(images[name])) !== sum) {
        // What was read wrongly once may be read anew.
        delete images[name];
        throw new Trouble("altered", file);
      }
      return images[name];
    }

    // The files of an image. They are unpacked here and not in the worker, where Python starts meanwhile, and piece by
    // piece: all pieces together are as large as the image.
    async function opened(name) {
      const packed = await checked(name);
      const { readable, writable } = new DecompressionStream("deflate-raw");
      const whole = new Uint8Array(manifest.images[name].unpacked);
      const give = async () => {
        const writer = writable.getWriter();
        for (let at = 0; at < packed.length; at += PIECE) await writer.write(packed.subarray(at, at + PIECE));
        await writer.close();
      };
      const take = async () => {
        const reader = readable.getReader();
        for (let at = 0; ;) {
          const { done, value } = await reader.read();
          if (done) return;
          whole.set(value, at);
          at += value.length;
          free(value);
        }
      };
      await Promise.all([give(), take()]);
      return whole;
    }

    async function digest(bytes) {
      // A page from a plain http address has no `crypto.subtle`.
      const sum = window.crypto?.subtle ? new Uint8Array(await window.crypto.subtle.digest("SHA-256", bytes)) : sha256(bytes);
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

    function names() {
      const all = [];
      const add = (name) => {
        if (all.includes(name)) return;
        (manifest.images[name]?.needs ?? []).forEach(add);
        all.push(name);
      };
      [...manifest.start, ...about.images].filter((name) => name in manifest.images).forEach(add);
      return all.filter((name) => name !== "core" && name !== "wasm");
    }

    // A worker that greets within the time. Some policies throw, some send an error, some say nothing at all.
    function hired() {
      return new Promise((resolve, reject) => {
        const no = () => {
          made?.terminate();
          reject(new Trouble("refused"));
        };
        let made = null;
        const late = setTimeout(no, HELLO);
        try {
          if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function") throw new Error("too old");
          made = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
        } catch {
          clearTimeout(late);
          no();
          return;
        }
        made.onerror = (event) => {
          event.preventDefault();
          clearTimeout(late);
          no();
        };
        made.onmessage = ({ data }) => {
          clearTimeout(late);
          if (data.say === "hello" && data.wasm) resolve(made);
          else no();
        };
      });
    }

    async function started(own) {
      const current = () => {
        if (own !== generation) throw new Trouble("stopped");
      };
      if (!source) await loadScript("worker.js");
      const made = await hired();
      try {
        current();
      } catch (error) {
        made.terminate();
        throw error;
      }
      worker = made;
      if (!manifest) await loadScript("manifest.js");
      const all = names();
      let done = 0;
      await new Promise((resolve, reject) => {
        made.onerror = (event) => {
          event.preventDefault();
          fall(new Trouble("broken"));
          reject(new Trouble("broken"));
        };
        made.onmessage = ({ data }) => {
          if (own !== generation) return;
          if (data.say === "step") watching((done += 1) / (all.length + 1));
          else if (data.say === "module") compiled = data.module;
          else if (data.say === "ready") {
            // Texts of images, and what the page before has left, are still in memory. Chromium looks for such things when
            // a page asks for much at once; nothing is written there, so nothing is taken.
            free(new Uint8Array(MUCH));
            resolve();
          }
          else if (data.say === "failed") {
            const trouble = new Trouble("broken", data.why);
            fall(trouble);
            reject(trouble);
          } else if (data.say === "output") job?.id === data.id && job.output(data.output);
          else if (data.say === "done" && job?.id === data.id) {
            const { resolve: tellResult } = job;
            job = null;
            tellResult(data.result);
          }
        };
        const order = (act, more = {}, bytes = []) =>
          own === generation && made.postMessage({ act, ...more }, bytes.map(({ buffer }) => buffer));
        (async () => {
          const { memory, environment: env } = manifest;
          // A program that was compiled is not unpacked again.
          const [files, wasm] = await Promise.all([opened("core"), compiled ? new Uint8Array(0) : opened("wasm")]);
          order("boot", { files, wasm, module: compiled, memory, env }, [files, wasm]);
          // Python starts while its libraries are read and unpacked.
          for (const name of all) {
            const { imports, later: modules, unpacked } = manifest.images[name];
            if (modules) {
              const packed = await checked(name);
              delete images[name]; // it goes over to the worker; after a restart it is read anew
              order("later", { packed, unpacked, modules }, [packed]);
            } else {
              const bytes = await opened(name);
              order("mount", { image: bytes, imports }, [bytes]);
            }
          }
          order("start");
        })().catch(reject);
      });
      current();
    }

    function start() {
      if (refused) return Promise.reject(refused);
      if (!ready) {
        generation += 1;
        const given = new Promise((_, reject) => { abandon = reject; });
        ready = Promise.race([started(generation), given]);
        ready.then(() => { isReady = true; }, (error) => {
          if (error.kind === "stopped") return;
          if (error.kind === "refused") refused = error;
          ready = null;
          worker?.terminate();
          worker = null;
        });
      }
      return ready;
    }

    // Python is gone: whoever waits for it hears why.
    function fall(trouble) {
      generation += 1;
      worker?.terminate();
      worker = ready = null;
      isReady = false;
      abandon(trouble);
      const lost = job;
      job = null;
      lost?.reject(trouble);
    }

    async function run(cell, text, { quiet = false, answers = [], output = () => {} } = {}) {
      await start();
      return new Promise((resolve, reject) => {
        serial += 1;
        job = { id: serial, output, resolve, reject };
        worker.postMessage({ act: "run", id: serial, cell, source: text, quiet, answers });
      });
    }

    return {
      put, start, run,
      stop() { fall(new Trouble("stopped")); },
      leave() {
        fall(new Trouble("stopped"));
        compiled = null;
        for (const [name, bytes] of Object.entries(images)) {
          free(bytes);
          delete images[name];
        }
      },
      watch(listener) { watching = listener; },
      set manifest(value) { manifest = value; },
      set source(value) { source = value; },
      get isReady() { return isReady; },
      get isIdle() { return !ready && !refused; },
    };
  })();

  function explain(trouble) {
    const texts = {
      refused: `This browser does not let Python run in a page. ${DOWNLOAD}`,
      missing: "The file {file} is missing from the folder of this book. Copy the whole folder again.",
      altered: "The file {file} of this book was changed or cut off. Copy the whole folder again.",
      broken: "Python stopped and starts anew at the next Run. Often the memory was not enough: try it with fewer rows.",
      stopped: "Stopped. Python starts again by itself, and runs the cells above again when they are needed.",
    };
    const text = texts[trouble.kind];
    return text ? say(text, { file: trouble.file ?? "" }) : String(trouble);
  }

  // --- cells ---

  const cells = about.cells.map((one) => {
    const node = document.querySelector(`[data-cw-cell="${CSS.escape(one.id)}"]`);
    const bar = node.querySelector(":scope > .cw-bar");
    return {
      ...one,
      node,
      bar,
      name: bar.dataset.name,
      go: bar.querySelector('[data-do="run"]'),
      note: bar.querySelector(".cw-bar-say"),
      input: node.querySelector(":scope > .cell_input") ?? node.querySelector(".cell_input"),
      printed: node.querySelector(":scope > .cell_output"),
      code: one.source,
      editor: null,
      ran: null, // the code that last ran in this Python
      turn: 0, // when
      halted: null, // the code that had to be stopped
    };
  });
  const byId = Object.fromEntries(cells.map((cell) => [cell.id, cell]));
  let turn = 0;

  function note(cell, text) {
    cell.note.textContent = text;
  }

  function change(cell, text, { keep = true } = {}) {
    cell.code = text;
    const own = text !== cell.source;
    if (keep && !progress.keepCode(about.page, cell.id, own ? text : null) && own && !cell.unkept) {
      cell.unkept = true;
      note(cell, say("This browser keeps nothing for this page: your code is gone when you leave it."));
    }
    cell.reset.hidden = !own;
  }

  // What a cell stands on: the cells above that belong to no question; of the answers above, those whose names it uses.
  const NAMES = /^[ \t]*(?:def[ \t]+|class[ \t]+)?([A-Za-z_]\w*)[ \t]*(?:[-+*/|&]?=(?!=)|\[[^\]\n]*\][ \t]*=(?!=)|\(|,)/gm;
  const setBy = (text) => new Set([...text.matchAll(NAMES)].map((found) => found[1]));
  const wordsOf = (text) => new Set(text.match(/[A-Za-z_]\w*/g) ?? []);

  function standsOn(target) {
    const above = cells.slice(0, cells.indexOf(target));
    // A check judges the answer above it, and a solution goes on from the lines that were given.
    const own = target.type === "starter" || target.type === "plain" ? [] : above.filter((cell) =>
      cell.type === "starter" ? cell.question === target.question : target.judges?.includes(cell.id));
    const needed = new Set(own);
    let used = new Set([target, ...own].flatMap((cell) => [...wordsOf(cell.code)]));
    for (const cell of [...above].reverse()) {
      if (cell.type === "plain") needed.add(cell);
      else if (cell.type === "starter" && !needed.has(cell) && cell.question !== target.question &&
          [...setBy(cell.code)].some((name) => used.has(name))) {
        needed.add(cell);
        used = new Set([...used, ...wordsOf(cell.code)]);
      }
    }
    return above.filter((cell) => needed.has(cell));
  }

  // A solution that ran has put its own values in place of the reader's.
  function isStale(cell, target) {
    if (cell.ran !== cell.code || target.judges) return true;
    return target.type === "check" && cell.type === "starter" &&
      cells.some((other) => ["solution", "wrong-answer"].includes(other.type) && other.turn > cell.turn);
  }

  // --- running ---

  // Whether Python has run in this tab, kept until the tab is closed.
  const sitting = {
    begin() {
      try {
        sessionStorage.setItem("cleanworks-python", "ran");
      } catch {
        // Where nothing is kept, Python starts at the first Run of each page.
      }
    },
    get begun() {
      try {
        return sessionStorage.getItem("cleanworks-python") === "ran";
      } catch {
        return false;
      }
    },
  };

  let busy = Promise.resolve();
  let current = null; // the cell that runs or waits for Python

  function press(cell) {
    if (cell.pressed) return;
    cell.pressed = true;
    if (current) note(cell, say("Waits for another cell: {name}.", { name: current.name }));
    const stop = button(say("Stop"), say("Stop {name}", { name: cell.name }), () => halt(cell));
    cell.go.after(stop);
    cell.go.setAttribute("aria-disabled", "true");
    busy = busy.then(async () => {
      try {
        if (cell.pressed) await perform(cell);
      } catch (error) {
        const text = explain(error);
        note(cell, text);
        if (error.kind !== "stopped") panel.state(text, "off");
        announce(text);
        if (!error.kind) console.error(error);
      } finally {
        if (stop.contains(document.activeElement)) cell.go.focus();
        stop.remove();
        cell.go.removeAttribute("aria-disabled");
        cell.node.removeAttribute("aria-busy");
        cell.pressed = false;
        current = null;
        cell.node.dispatchEvent(new CustomEvent("cw-ran", { bubbles: true, detail: { cell: cell.id } }));
      }
    });
  }

  async function perform(cell) {
    current = cell;
    cell.node.setAttribute("aria-busy", "true");
    const fresh = !machine.isReady;
    note(cell, say(fresh ? "Python starts. This takes some seconds, once on this page." : "Running …"));
    announce(say(fresh ? "Python starts. Then runs: {name}." : "Running: {name}.", { name: cell.name }));
    panel.show();
    if (fresh) {
      // A Python that broke off has taken along what had run.
      for (const one of cells) one.ran = null;
      panel.state(say("Python starts …"), "starting");
    }
    await machine.start();
    sitting.begin();
    panel.state(say("Running: {name}.", { name: cell.name }), "running");
    const first = standsOn(cell).filter((one) => isStale(one, cell) && (one.type === "plain" || one.question === cell.question || one.halted !== one.code));
    for (const [index, one] of first.entries()) {
      note(cell, say("First runs what it stands on, {number} of {total}: {name}.", { name: one.name, number: index + 1, total: first.length }));
      const result = await execute(one, { quiet: one.code === one.source, above: cell });
      if (!result.ok && one.type === "plain" && !one.raises) {
        const text = say("This did not run, because it stands on another cell that stopped with an error: {name}.", { name: one.name });
        finish(cell, text);
        return;
      }
    }
    note(cell, say("Running …"));
    const result = await execute(cell, { quiet: false });
    const said = [];
    if (first.length > 3) said.push(say("First ran the {number} cells above that it stands on.", { number: first.length }));
    else if (first.length) {
      const names = first.map((one) => (one.question && one.question === cell.question ? say("your code above") : one.name));
      said.push(say("First ran what it stands on: {names}.", { names: names.join(", ") }));
    }
    result.restored.forEach((name) => said.push(say("The name {name} had another meaning in your code; the check has its own back.", { name })));
    finish(cell, said.join(" "), result);
  }

  function finish(cell, text, result) {
    note(cell, text);
    panel.state(say("Python is ready."), "ready");
    let told = result ? say(result.ok ? "Done: {name}." : "Stopped with an error: {name}.", { name: cell.name }) : text;
    const shown = cell.live?.textContent.trim().replace(/\s+/g, " ") ?? "";
    if (result && shown) told += ` ${shown.slice(0, 300)}`;
    announce(told);
    if (result?.outcome && cell.type === "check" && !cell.judges) judged(cell, result.outcome);
  }

  // One cell, again and again while it asks for something to be typed.
  async function execute(cell, { quiet, above }) {
    const text = cell.code;
    const answers = [];
    cell.turn = turn += 1;
    cell.halted = text;
    for (;;) {
      const output = quiet ? show(cell, { onlyErrors: true }) : show(cell);
      const result = await machine.run(cell.id, text, { quiet, answers, output });
      if (result.asks === null) {
        cell.ran = text;
        cell.halted = null;
        if (!quiet) output.end();
        return result;
      }
      // What a cell above wants to know is asked there, and only if its own Run is pressed.
      if (above && cell.type !== "plain") return { ...result, ok: false };
      answers.push(await ask(cell, result.asks));
    }
  }

  function halt(cell) {
    if (current !== cell) {
      // It only waited for its turn.
      cell.pressed = false;
      note(cell, "");
      return;
    }
    restart();
  }

  function restart() {
    for (const cell of cells) cell.ran = null;
    asking?.();
    machine.stop();
    startAhead();
  }

  // So that the next Run finds it there.
  function startAhead() {
    panel.state(say("Python starts …"), "starting");
    machine.start().then(() => panel.state(say("Python is ready."), "ready"), (error) => {
      if (error.kind !== "stopped") panel.state(explain(error), "off");
    });
  }

  // --- a question of `input()`, answered in the page ---

  let asking = null;

  function ask(cell, prompt) {
    return new Promise((resolve, reject) => {
      const form = make("form", "cw-ask");
      const label = make("label", "", prompt.trim() || say("Your code asks for an answer:"));
      const field = make("input");
      field.type = "text";
      field.autocomplete = "off";
      const hint = make("p", "cw-ask-how", say("The cell then runs again from its first line, with your answer."));
      const send = make("button", "cw-button", say("Answer"));
      label.append(field);
      form.append(label, send, hint);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        asking = null;
        form.remove();
        cell.go.focus();
        resolve(field.value);
      });
      asking = () => {
        asking = null;
        form.remove();
        reject(new Trouble("stopped"));
      };
      cell.bar.after(form);
      note(cell, say("Your code asks for an answer."));
      field.focus();
    });
  }

  // --- what a cell shows ---

  function show(cell, { onlyErrors = false } = {}) {
    let area = null;
    let stream = null;
    let last = "";

    function begin() {
      if (area) return;
      area = make("div", "cell_output docutils container cw-live-output");
      cell.live?.remove();
      if (cell.printed) cell.printed.hidden = true;
      cell.live = area;
      cell.node.append(area);
      cell.back.hidden = !cell.printed || cell.type === "check";
    }
    if (!onlyErrors) begin();

    function add(output) {
      if (onlyErrors && output.output_type !== "error") return;
      begin();
      if (output.output_type === "stream") {
        if (!stream || last !== output.name) {
          const box = make("div", `output ${output.name === "stderr" ? "stderr" : "stream"} highlight-myst-ansi notranslate`);
          const inside = make("div", "highlight");
          stream = make("pre");
          inside.append(stream);
          box.append(inside);
          area.append(box);
          last = output.name;
        }
        stream.append(output.text);
        return;
      }
      stream = null;
      area.append(...(output.output_type === "error" ? error(output) : data(cell, output)));
    }
    add.end = () => {
      if (area && !area.childElementCount) area.append(make("p", "cw-silent", say("It ran and shows nothing.")));
    };
    return add;
  }

  function plain(text, className) {
    const box = make("div", `output ${className} notranslate`);
    const inside = make("div", "highlight");
    inside.append(make("pre", "", text));
    box.append(inside);
    return box;
  }

  function error({ ename, evalue, line, code: text, said, whole, traceback }) {
    const box = make("div", "output cw-error");
    // An error of the course itself says what is wrong, where, and what to do: its first line is the whole message.
    const first = said ? `${ename}: ${evalue}` : traceback[0];
    box.append(make("p", "cw-error-said", first));
    if (line) {
      const where = make("p", "cw-error-line", `${say("Line {number}:", { number: line })} `);
      where.append(make("code", "", text));
      box.append(where);
    }
    if (said) box.append(withCode(make("p"), said));
    if (whole) {
      const fold = make("details", "cw-fold");
      fold.append(make("summary", "", say("The whole error message")), plain(whole, "traceback"));
      box.append(fold);
    }
    return [box];
  }

  // `names` in backticks.
  function withCode(element, text) {
    text.split("`").forEach((part, index) => element.append(index % 2 ? make("code", "", part) : part));
    return element;
  }

  function data(cell, { data: forms, table }) {
    const made = [];
    if (forms["image/png"] || forms["image/svg+xml"]) {
      const box = make("div", "output image_png");
      const image = make("img");
      image.src = forms["image/png"]
        ? `data:image/png;base64,${forms["image/png"]}`
        : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(forms["image/svg+xml"])}`;
      image.alt = cell.alt && cell.code === cell.source ? cell.alt : say("The figure that this cell drew. Its numbers stand below it where they can be read.");
      box.append(image);
      made.push(box);
    } else if (forms["text/html"]) {
      const box = make("div", "output text_html");
      box.innerHTML = forms["text/html"];
      tidy(box);
      made.push(box);
    } else {
      made.push(plain(forms["text/markdown"] ?? forms["text/plain"] ?? "", "text_plain highlight-myst-ansi"));
    }
    if (table) {
      const box = make("div", "output text_html");
      box.innerHTML = table;
      made.push(box);
    }
    return made;
  }

  // The same as cleanworks/workshop/pages/readable_tables.py does for the printed pages; the tests hold the two together.
  const NUMBER = /^[-+−]?(?:[A-Z]{3}[ \u00a0])?[\d,. \u00a0]*\d(?:[eE][-+]?\d+)?\s*(?:%|m|bn|tn)?$|^[nN]a[nN]$|^inf$/;
  const LONG = 28;

  function tidy(box) {
    if (!box.querySelector("table.dataframe")) return;
    box.querySelectorAll("style").forEach((style) => style.remove());
    box.querySelectorAll("table.dataframe").forEach((table) => {
      table.removeAttribute("border");
      oneHeadingRow(table);
      headings(table);
      numbers(table);
    });
  }

  const textOf = (cell) => cell.textContent.trim();

  function oneHeadingRow(table) {
    const rows = [...table.querySelectorAll("thead tr")];
    if (rows.length !== 2) return;
    const [upper, lower] = rows.map((row) => [...row.querySelectorAll("th")]);
    const filled = lower.flatMap((cell, place) => (textOf(cell) ? [place] : []));
    if (upper.length !== lower.length || filled.some((place) => textOf(upper[place]))) return;
    filled.forEach((place) => { upper[place].textContent = textOf(lower[place]); });
    rows[1].remove();
  }

  function headings(table) {
    table.querySelectorAll("tr").forEach((row) => {
      row.removeAttribute("style");
      row.querySelectorAll("th").forEach((cell) => {
        cell.removeAttribute("valign");
        if (!textOf(cell)) {
          const empty = make("td");
          for (const { name, value } of cell.attributes) empty.setAttribute(name, value);
          cell.replaceWith(empty);
        } else if (cell.closest("thead")) cell.scope = "col";
        else cell.scope = cell.hasAttribute("rowspan") ? "rowgroup" : "row";
      });
    });
  }

  function numbers(table) {
    const rows = [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
    const width = rows.length ? Math.min(...rows.map((row) => row.length)) : 0;
    const heads = width ? [...table.querySelectorAll("thead tr")].map((row) => [...row.querySelectorAll("th, td")].slice(-width)) : [];
    for (let place = 1; place <= width; place += 1) {
      const column = rows.map((row) => row[row.length - place]);
      const texts = column.map(textOf);
      if (texts.some(Boolean) && texts.every((text) => !text || NUMBER.test(text))) {
        const over = heads.filter((row) => row.length >= place).map((row) => row[row.length - place]).filter((cell) => !cell.hasAttribute("colspan"));
        [...column, ...over].forEach((cell) => { cell.className = "cw-number"; });
      }
      column.forEach((cell, index) => { if (texts[index].length > LONG) cell.className = "cw-long"; });
    }
  }

  // --- outcomes: the record, and help for those who are stuck ---

  function judged(cell, { outcome, message, rubric, ticks }) {
    const { question } = cell;
    progress.checked(question, outcome);
    // Where a class is served live, its script tells the room, if the reader agreed to that.
    document.dispatchEvent(new CustomEvent("cw-judged", { detail: { question, outcome, message } }));
    if (ticks) progress.ticks(question, ticks);
    // What it says is in the window, also where the window is small.
    (cell.live.lastElementChild ?? cell.live).scrollIntoView({ block: "nearest" });
    cell.offers?.remove();
    cell.offers = null;
    if (outcome === "correct") cell.tries = 0;
    else if (outcome === "not-yet" || outcome === "raised") cell.tries = (cell.tries ?? 0) + 1;
    const box = document.getElementById(question);
    if (!box) return;
    if (rubric) rubricOf(cell, question, rubric, ticks);
    const open = outcome === "answered";
    const stuck = outcome === "not-yet" || outcome === "raised";
    const hint = [...box.querySelectorAll(".cw-hint")].find((one) => !one.open);
    const solution = box.querySelector(".cw-solution:not([open]), .cw-solution .cw-reveal:not([open])")?.closest(".cw-solution");
    const offers = [];
    const reached = (limit) => limit > 0 && cell.tries >= limit;
    if (stuck && hint && reached(about.offer.hint)) {
      offers.push([say("Show the next hint"), () => unfold(hint)]);
    }
    if (solution && (open || (stuck && reached(about.offer.solution)))) {
      offers.push([say(open ? "Compare with the model answer" : "Show the solution"), () => {
        solution.open = true;
        unfold(solution.querySelector(".cw-reveal") ?? solution);
      }]);
    }
    if (!offers.length) return;
    cell.offers = make("p", "cw-offer", open ? "" : `${say("Not there yet?")} `);
    offers.forEach(([text, act]) => {
      const offer = button(text, `${text} (${question})`, () => {
        cell.offers?.remove();
        cell.offers = null;
        act();
      });
      cell.offers.append(offer, " ");
    });
    cell.node.append(cell.offers);
    cell.offers.scrollIntoView({ block: "nearest" });
  }

  function unfold(fold) {
    fold.hidden = false;
    fold.open = true;
    const summary = fold.querySelector("summary");
    summary.focus();
    summary.scrollIntoView({ block: "nearest" });
  }

  // An open question: the reader ticks what the own text holds.
  function rubricOf(cell, question, rubric, ticks) {
    cell.live.querySelectorAll(".cleanworks-rubric, .cleanworks-rubric-how").forEach((one) => { one.hidden = true; });
    const known = ticks ?? progress.load()[progress.lessonOf(question)]?.exercises?.[question]?.ticks ?? [];
    const group = make("fieldset", "cw-rubric");
    group.append(make("legend", "", say("My text …")));
    const boxes = rubric.map((line, index) => {
      const label = make("label");
      const box = make("input");
      box.type = "checkbox";
      box.checked = Boolean(known[index]);
      label.append(box, ` ${line}`);
      group.append(label);
      box.addEventListener("change", () => progress.ticks?.(question, boxes.map((one) => one.checked)));
      return box;
    });
    cell.live.append(group);
  }

  // --- editors ---

  function textOfEditor(cell) {
    return say("Code of {name}. Control and Enter runs it, Tab leaves it.", { name: cell.name });
  }

  // A plain field over the coloured code until the reader does something; it stays where the editor cannot be loaded.
  function field(cell, { shown }) {
    const box = cell.input;
    const area = make("textarea", "cw-field");
    area.value = cell.code;
    area.setAttribute("aria-label", textOfEditor(cell));
    for (const [name, value] of [["spellcheck", "false"], ["autocapitalize", "off"], ["autocomplete", "off"], ["translate", "no"], ["wrap", "off"]]) {
      area.setAttribute(name, value);
    }
    const fit = () => { area.rows = Math.max(2, area.value.split("\n").length); };
    fit();
    area.addEventListener("focus", () => box.classList.add("cw-open"));
    area.addEventListener("input", () => {
      box.classList.add("cw-open");
      fit();
      change(cell, area.value);
    });
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
        event.preventDefault();
        press(cell);
      }
    });
    box.classList.add("cw-editable");
    if (shown || cell.code !== cell.source) box.classList.add("cw-open");
    box.append(area);
    cell.editor = {
      set(text) {
        area.value = text;
        fit();
      },
      focus() { area.focus(); },
      area,
    };
  }

  let loading = null;
  function upgrade() {
    loading ??= loadScript("editor.js").catch(() => {}); // without it the plain fields stay
    return loading.then(() => {
      if (!window.CleanWorksEditor) return;
      cells.filter((cell) => cell.editor?.area).forEach((cell) => {
        const { area } = cell.editor;
        const held = document.activeElement === area;
        const parent = make("div", "cw-editor");
        const { selectionStart, selectionEnd } = area;
        cell.input.append(parent);
        cell.editor = window.CleanWorksEditor.make({
          parent,
          text: area.value,
          selection: held ? [selectionStart, selectionEnd] : null,
          label: textOfEditor(cell),
          changed: (text) => change(cell, text),
          run: () => press(cell),
        });
        cell.input.classList.add("cw-open");
        area.remove();
        if (held) cell.editor.focus();
      });
    });
  }

  function edit(cell) {
    if (cell.editor) return;
    field(cell, { shown: true });
  }

  // --- how Python is doing, at the foot of the window, once it was asked for ---

  const panel = (() => {
    const box = make("section", "cw-python");
    box.setAttribute("aria-label", say("Python in this page"));
    box.hidden = true;
    const text = make("span", "cw-python-say");
    const bar = make("progress");
    bar.setAttribute("aria-label", say("Python starts …"));
    const again = button(say("Start again"), say("Start again: Python forgets everything that has run"), () => {
      announce(say("Python starts again. What has run is forgotten; your code stays."));
      restart();
    });
    box.append(text, bar, again);
    document.querySelector("article").append(box);
    machine.watch((part) => { bar.value = part; });
    return {
      show() { box.hidden = false; },
      hide() { box.hidden = true; },
      state(said, state) {
        text.textContent = said;
        bar.hidden = state !== "starting";
        if (state === "starting") bar.value = 0;
        box.dataset.state = state;
      },
    };
  })();

  // --- the page ---

  const mine = progress.codeOf(about.page); // kept for each page and cell
  for (const cell of cells) {
    const { bar, name } = cell;
    cell.go.addEventListener("click", () => press(cell));
    cell.reset = button(say("Reset"), say("Reset {name}: the code as it was", { name }), () => {
      cell.editor?.set(cell.source);
      change(cell, cell.source);
      announce(say("The first code is back: {name}.", { name }));
      (cell.editor ?? cell.go).focus();
    });
    cell.back = button(say("Printed result"), say("Show the printed result of {name}", { name }), () => {
      cell.live?.remove();
      cell.live = null;
      cell.printed.hidden = false;
      cell.back.hidden = true;
      note(cell, "");
      announce(say("The printed result is back: {name}.", { name }));
      cell.go.focus();
    });
    cell.reset.hidden = cell.back.hidden = true;
    cell.note.before(cell.reset, cell.back);
    bar.querySelector('[data-do="edit"]')?.addEventListener("click", (event) => {
      event.currentTarget.hidden = true;
      edit(cell);
      upgrade().then(() => cell.editor.focus());
    });
    if (Object.hasOwn(mine, cell.id) && cell.type !== "check") {
      cell.code = mine[cell.id];
      cell.reset.hidden = cell.code === cell.source;
      bar.querySelector('[data-do="edit"]')?.setAttribute("hidden", "");
    }
    if (cell.type === "starter" || cell.code !== cell.source) field(cell, { shown: false });
  }

  // Whoever touches a key or a pointer may soon write; a page that is only read loads no editor.
  if (cells.some((cell) => cell.editor)) {
    const sign = () => {
      ["keydown", "pointerdown", "focusin"].forEach((kind) => document.removeEventListener(kind, sign, true));
      upgrade();
    };
    ["keydown", "pointerdown", "focusin"].forEach((kind) => document.addEventListener(kind, sign, true));
  }

  // A page that nobody runs loads no Python. But whoever has run code in this tab, on this page or another, and goes into an
  // editor, will soon run it: Python starts while the answer is written.
  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest(".cw-editor, .cw-field") || !machine.isIdle || !sitting.begun) return;
    panel.show();
    startAhead();
  });

  // The same page in another tab.
  window.addEventListener("storage", (event) => {
    if (event.key !== progress.CODE + about.page) return;
    const theirs = progress.codeOf(about.page);
    for (const cell of cells) {
      const text = theirs[cell.id] ?? cell.source;
      if (cell.type === "check" || cell.code === text || cell.node.contains(document.activeElement)) continue;
      if (!cell.editor) edit(cell);
      cell.editor.set(text);
      change(cell, text, { keep: false });
    }
  });

  // A page that comes back from the browser's memory starts Python anew.
  window.addEventListener("pagehide", () => {
    cells.forEach((cell) => { cell.ran = null; });
    machine.leave();
    panel.hide();
  });

  return {
    put: machine.put,
    manifest(value) { machine.manifest = value; },
    worker(source) { machine.source = `(${source})();`; },
    tidy,
    cells: byId,
  };
})();
