"use strict";
// Everything stays on this page until the person saves a file. Nothing is sent, and nothing is kept in the browser.
(function () {
  const setup = JSON.parse(document.getElementById("setup").textContent);
  const form = document.getElementById("form");
  const code = document.getElementById("code");
  const said = document.getElementById("said");
  const SURVEYS = ["evaluation", "follow-up", "action-plan"]; // pages of statements, the same for everybody
  let asked = -1;

  // The same rule as tidy_code() of the toolkit.
  function tidy(text) {
    const plain = text.normalize("NFKC").toUpperCase();
    return [...plain].filter((c) => /[\p{L}\p{N}\p{M}]/u.test(c)).slice(0, 24).join("");
  }
  function formOf(text) {
    const first = [...text].reduce((sum, c) => sum + c.codePointAt(0), 0) % 2;
    return ["A", "B"][setup.kind === "before" ? first : 1 - first];
  }
  // CRC-32 tells a file that was cut off or changed by accident.
  function crc(text) {
    let value = 0xffffffff;
    for (const byte of new TextEncoder().encode(text)) {
      value ^= byte;
      for (let k = 0; k < 8; k += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
  }
  function shown() {
    const sets = [...form.querySelectorAll("[data-form]")];
    return sets.find((set) => !set.hidden) || form;
  }
  function choose() {
    const mine = tidy(code.value);
    for (const set of form.querySelectorAll("[data-form]")) {
      set.hidden = mine.length < 4 || set.dataset.form !== formOf(mine);
    }
    const waiting = document.getElementById("waiting");
    if (waiting) waiting.hidden = mine.length >= 4;
    document.getElementById("save").disabled = mine.length < 4;
    asked = -1;
  }
  function answers(scope) {
    const given = {};
    let open = 0;
    for (const question of scope.querySelectorAll("[data-item]")) {
      const id = question.dataset.item;
      const words = question.querySelector("textarea");
      if (words) {
        if (words.value.trim()) given[id] = words.value.trim().slice(0, 2000);
        continue;
      }
      const ticked = [...question.querySelectorAll("input:checked")].map((input) => Number(input.value));
      if (ticked.length) given[id] = ticked.sort((a, b) => a - b);
      else open += 1;
    }
    return [given, open];
  }
  function save(event) {
    event.preventDefault();
    const mine = tidy(code.value);
    if (mine.length < 4) {
      said.textContent = setup.words.short;
      code.focus();
      return;
    }
    const [given, open] = answers(shown());
    if (open && asked !== open && !SURVEYS.includes(setup.kind)) {
      asked = open;
      said.textContent = setup.words.open.replace("{}", open);
      return;
    }
    const ids = Object.keys(given).sort();
    const kind = setup.kind;
    const which = SURVEYS.includes(kind) ? "" : formOf(mine);
    const list = ids.map((id) => [id, given[id]]);
    const check = crc(JSON.stringify([setup.format, setup.workshop, setup.test, kind, which, mine, list]));
    const content = { format: setup.format, workshop: setup.workshop, test: setup.test, kind, form: which, code: mine,
      answers: list, check };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1) + "\n"], { type: "application/json" }));
    link.download = `${kind}-${mine}.json`;
    document.body.append(link);
    link.click();
    link.remove();
    said.textContent = setup.words.saved.replace("{}", link.download);
  }
  form.addEventListener("submit", save);
  code.addEventListener("input", choose);
  choose();
}());
