// Feedback of the quiz, hints one at a time, and a few corrections of the theme. No network; progress.js remembers.
// Everything on the page is there without this script, except the feedback.
"use strict";

// --- quiz ---

// Feedback is encoded, so that a look at the page's source gives nothing away. It is not a secret.
function noteOf(input) {
  const encoded = input.closest(".cw-option").querySelector(".cw-note").dataset.note;
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

// Each reader gets an order of options of his or her own, the same on every visit: what a neighbour or an earlier reader says
// about "the second one" is of no use. Where nothing can be kept, the order of the page stays, which is stable as well.
function readerSeed() {
  const course = document.querySelector('meta[name="cleanworks-course"]')?.content || "course";
  const name = `cleanworks-reader:${course}`;
  try {
    const known = window.localStorage.getItem(name);
    if (/^\d{1,10}$/.test(known ?? "")) return known;
    const made = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    window.localStorage.setItem(name, made);
    return window.localStorage.getItem(name) === made ? made : null;
  } catch {
    return null;
  }
}

// FNV-1a with a last mixing: near texts give far numbers.
function hashOf(text) {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function shuffleFor(seed, form) {
  const options = [...form.querySelectorAll(".cw-option")];
  const key = (option) => hashOf(`${seed} ${form.id} ${option.querySelector("input").value}`);
  const moved = options.filter((option) => !("fixed" in option.dataset)).sort((one, other) => key(one) - key(other));
  const parent = options[0]?.parentElement;
  options.map((option) => ("fixed" in option.dataset ? option : moved.shift())).forEach((option) => parent.append(option));
}

function line(className, html) {
  const made = document.createElement("div");
  made.className = className;
  made.innerHTML = html;
  return made;
}

function verdict(right, text) {
  const icon = right ? "✓" : "↻";
  return line(right ? "cw-right" : "cw-not-yet",
    `<span aria-hidden="true">${icon}</span> <strong>${text}</strong>`);
}

function answer(form) {
  const inputs = [...form.querySelectorAll("input")];
  const chosen = inputs.filter((input) => input.checked);
  const region = form.querySelector(".cw-feedback");
  region.replaceChildren();
  form.querySelectorAll(".cw-option").forEach((option) => option.removeAttribute("data-said"));
  if (chosen.length === 0) {
    region.append(verdict(false, inWords("Choose an answer first.")));
    return;
  }
  const notes = chosen.map(noteOf);
  const missing = inputs.filter((input) => !input.checked && noteOf(input).right).length;
  const right = notes.every((note) => note.right) && missing === 0;
  region.append(verdict(right, inWords(right ? "Right." : "Not yet.")));
  chosen.forEach((input, index) => {
    input.closest(".cw-option").dataset.said = notes[index].right ? "right" : "not-yet";
    if (chosen.length > 1) {
      region.append(line("cw-said", `<strong>${input.parentElement.textContent.trim()}</strong>`));
    }
    region.append(line("cw-said", notes[index].html));
  });
  if (notes.every((note) => note.right) && missing > 0) {
    region.append(line("cw-said", inWords("What you chose is right, and something is still missing.")));
  }
  if (window.MathJax && window.MathJax.typesetPromise) window.MathJax.typesetPromise([region]);
  form.dispatchEvent(new CustomEvent("cw-answered", { bubbles: true, detail: { right } }));
}

const seed = readerSeed();
document.querySelectorAll("form.cw-quiz").forEach((form) => {
  if (seed) shuffleFor(seed, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if ("keyed" in form.dataset) answer(form);
  });
  // What was said belongs to the old choice.
  form.addEventListener("change", () => {
    const region = form.querySelector(".cw-feedback");
    if (region) region.replaceChildren();
    form.querySelectorAll(".cw-option").forEach((option) => option.removeAttribute("data-said"));
  });
});

// --- hints: the next one comes when the one before it was opened ---

document.querySelectorAll(".cw-hints").forEach((hints) => {
  const all = [...hints.querySelectorAll(":scope > .cw-hint")];
  all.slice(1).forEach((hint) => { hint.hidden = true; });
  all.forEach((hint, index) => hint.addEventListener("toggle", () => {
    if (hint.open && all[index + 1]) all[index + 1].hidden = false;
  }));
});

// A link to something inside a folded part opens it.
function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.hidden = false;
    fold.open = true;
  }
}
window.addEventListener("hashchange", unfold);
unfold();

// --- formulas wider than the screen scroll, and what scrolls must be reachable with the keyboard ---

function reachFormulas() {
  document.querySelectorAll('mjx-container[display="true"]').forEach((formula) => {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
  });
}
window.addEventListener("load", () => {
  if (window.MathJax && window.MathJax.startup) window.MathJax.startup.promise.then(reachFormulas);
});

// --- figures on a phone ---

// What scrolls can be scrolled with the keyboard, too. It is named by the first sentence of what the figure shows.
function reachFigures() {
  for (const box of document.querySelectorAll(".cell_output:has(img)")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls === box.hasAttribute("tabindex")) continue;
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    if (!scrolls) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.querySelector("img").alt.split(/[.:] /)[0]);
  }
}

window.addEventListener("load", reachFigures);
window.matchMedia("(max-width: 576px)").addEventListener("change", reachFigures);
