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

document.querySelectorAll("form.cw-quiz").forEach((form) => {
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
