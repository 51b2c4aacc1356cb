// What the reader's own browser remembers: lessons read, quiz questions, hints, solutions, exercises. Nothing leaves the
// device. The format is that of cleanworks/learn/record.py, which says what each entry means; the tests hold the two together.
"use strict";

// An edition in another language brings its words along; cleanworks.js comes later and asks here too.
function inWords(text) {
  return (window.CLEANWORKS_WORDS ?? {})[text] ?? text;
}

window.cwProgress = (() => {
  const FORMAT = "cleanworks-record";
  const VERSION = 1;
  const LARGEST = 1_000_000;
  const OUTCOMES = ["not-attempted", "raised", "not-yet", "answered", "correct"];
  const MOST = { checks: 9999, hints: 99, lessons: 500, questions: 100, ticks: 20 };
  const course = document.querySelector('meta[name="cleanworks-course"]')?.content || "course";
  const KEY = `cleanworks-record-${VERSION}:${course}`;

  // --- the format ---

  // The reason why a file cannot be used, as the end of a sentence that begins with its name.
  class Refused extends Error {}

  function isDay(value) {
    if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value) || value < "0001") return false;
    const date = new Date(`${value}T00:00:00Z`);
    return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === value;
  }

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isId = (value) => /^[a-z][a-z0-9-]{0,62}$/.test(value);
  const isCount = (value, most) => Number.isInteger(value) && value >= 1 && value <= most;
  const onlyHas = (value, names) => Object.keys(value).every((name) => names.includes(name));

  function isQuiz(entry) {
    return Object.keys(entry).length === 3 && onlyHas(entry, ["day", "first", "right"]) && isDay(entry.day) &&
      typeof entry.first === "boolean" && typeof entry.right === "boolean" && (entry.right || !entry.first);
  }

  function isExercise(entry) {
    return Object.keys(entry).length > 1 && isDay(entry.day) &&
      onlyHas(entry, ["day", "checks", "outcome", "hints", "solution", "done", "ticks"]) &&
      (!("checks" in entry) || isCount(entry.checks, MOST.checks)) &&
      (!("hints" in entry) || isCount(entry.hints, MOST.hints)) &&
      (!("outcome" in entry) || OUTCOMES.includes(entry.outcome)) &&
      (!("solution" in entry) || entry.solution === true) && (!("done" in entry) || entry.done === true) &&
      (!("ticks" in entry) || areTicks(entry.ticks));
  }

  function areTicks(value) {
    return Array.isArray(value) && value.length >= 1 && value.length <= MOST.ticks &&
      value.every((tick) => typeof tick === "boolean");
  }

  function checkLesson(id, lesson) {
    const wrong = (what) => new Refused(`has a wrong entry for “${what.slice(0, 40)}”`);
    if (!isId(id) || !isObject(lesson) || Object.keys(lesson).length === 0 ||
        !onlyHas(lesson, ["read", "quiz", "exercises"]) || ("read" in lesson && !isDay(lesson.read))) throw wrong(id);
    for (const [kind, right] of [["quiz", isQuiz], ["exercises", isExercise]]) {
      const questions = kind in lesson ? lesson[kind] : {};
      if (!isObject(questions) || Object.keys(questions).length > MOST.questions) throw wrong(id);
      for (const [question, entry] of Object.entries(questions)) {
        if (!isId(question) || !question.startsWith(`${id}-`) || !isObject(entry) || !right(entry)) throw wrong(question);
      }
    }
  }

  function inOrder(value) {
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.keys(value).sort().map((name) => [name, inOrder(value[name])]));
  }

  // CRC-32 finds accidents and careless changes; it proves nothing.
  function checksum(lessons) {
    let value = 0xffffffff;
    for (const byte of new TextEncoder().encode(JSON.stringify([FORMAT, VERSION, inOrder(lessons)]))) {
      value ^= byte;
      for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
  }

  function parse(text) {
    if (text.length > LARGEST) throw new Refused("is too large to be a progress record");
    try {
      const content = JSON.parse(text.replace(/^\uFEFF/, ""));
      if (!isObject(content) || content.format !== FORMAT) throw new Refused("is not a progress record");
      if (content.version !== VERSION) {
        const newer = Number.isInteger(content.version) && content.version > VERSION;
        throw new Refused(`is a progress record of ${newer ? "a newer" : "an unknown"} version`);
      }
      if (!onlyHas(content, ["format", "version", "lessons", "check", "code"]) || !isObject(content.lessons)) {
        throw new Refused("does not have the entries of a progress record");
      }
      if (content.check !== checksum(content.lessons)) throw new Refused("was changed or cut off after it was saved");
      if (Object.keys(content.lessons).length > MOST.lessons) throw new Refused("has more lessons than any course");
      Object.entries(content.lessons).forEach(([id, lesson]) => checkLesson(id, lesson));
      if ("code" in content && !isCode(content.code)) throw new Refused("has a wrong entry for “code”");
      return content.lessons;
    } catch (error) {
      throw error instanceof Refused ? error : new Refused("is broken: it is not a JSON file");
    }
  }

  // Only who asks for it saves the own code along: { page: { cell: text } }.
  function text(lessons, code) {
    const ordered = inOrder(lessons);
    const content = { format: FORMAT, version: VERSION, lessons: ordered, check: checksum(ordered), ...(code ? { code } : {}) };
    return `${JSON.stringify(content, null, 1)}\n`;
  }

  const codeIn = (text) => JSON.parse(text.replace(/^\uFEFF/, "")).code ?? {};

  function isCode(value) {
    return isObject(value) && Object.entries(value).every(([page, cells]) => /^[\w./-]{1,200}$/.test(page) && isObject(cells) &&
      Object.entries(cells).every(([cell, text]) => /^[\w-]{1,64}$/.test(cell) && typeof text === "string"));
  }

  // --- putting two records together: order and repetition do not matter ---

  const earlier = (one, other) => (one < other ? one : other);

  function mergedQuiz(one, other) {
    const same = one.day === other.day;
    const first = same ? one.first && other.first : (one.day < other.day ? one : other).first;
    return { day: earlier(one.day, other.day), first, right: one.right || other.right };
  }

  function mergedExercise(one, other) {
    const made = { day: earlier(one.day, other.day) };
    const best = Math.max(OUTCOMES.indexOf(one.outcome), OUTCOMES.indexOf(other.outcome));
    if (best >= 0) made.outcome = OUTCOMES[best];
    for (const name of ["checks", "hints"]) {
      const count = Math.max(one[name] ?? 0, other[name] ?? 0);
      if (count) made[name] = count;
    }
    for (const name of ["solution", "done"]) if (one[name] || other[name]) made[name] = true;
    const [ticks, others] = [one.ticks ?? [], other.ticks ?? []].sort((a, b) => a.length - b.length);
    if (others.length) made.ticks = others.map((tick, at) => tick || (ticks.length === others.length && ticks[at]));
    return made;
  }

  function mergedBy(one, other, merged) {
    const made = {};
    for (const id of [...Object.keys(one), ...Object.keys(other)]) {
      made[id] = one[id] && other[id] ? merged(one[id], other[id]) : one[id] ?? other[id];
    }
    return made;
  }

  function mergedLesson(one, other) {
    const made = {};
    if (one.read || other.read) made.read = one.read && other.read ? earlier(one.read, other.read) : one.read ?? other.read;
    for (const [kind, merged] of [["quiz", mergedQuiz], ["exercises", mergedExercise]]) {
      const questions = mergedBy(one[kind] ?? {}, other[kind] ?? {}, merged);
      if (Object.keys(questions).length) made[kind] = questions;
    }
    return made;
  }

  const merge = (one, other) => mergedBy(one, other, mergedLesson);

  // --- the browser's memory ---

  // A browser may refuse to keep anything: pages from a disk, a private window, a full disk. Then this page remembers
  // until it is closed.
  let kept = {};
  let keeps = true;
  let setAside = false;

  function load() {
    if (!keeps) return kept;
    let stored;
    try {
      stored = window.localStorage.getItem(KEY);
    } catch {
      keeps = false;
      return kept;
    }
    try {
      kept = stored === null ? {} : parse(stored);
    } catch {
      // Nothing is thrown away, even if nobody can read it.
      setAside = true;
      kept = {};
      try {
        window.localStorage.setItem(`${KEY}:broken`, stored);
        window.localStorage.removeItem(KEY);
      } catch {
        keeps = false;
      }
    }
    return kept;
  }

  function save(lessons) {
    kept = lessons;
    if (keeps) {
      try {
        window.localStorage.setItem(KEY, text(lessons));
      } catch {
        keeps = false;
      }
    }
    document.dispatchEvent(new CustomEvent("cw-progress"));
  }

  function forget() {
    kept = {};
    Object.entries(allCode()).forEach(([page, cells]) => Object.keys(cells).forEach((cell) => keepCode(page, cell, null)));
    try {
      window.localStorage.removeItem(KEY);
    } catch {
      keeps = false;
    }
    document.dispatchEvent(new CustomEvent("cw-progress"));
  }

  // --- the code that the reader wrote (live.js): one entry of the memory for each page ---

  const CODE = `cleanworks-code-1:${course}:`;

  function codeOf(page) {
    try {
      const read = JSON.parse(window.localStorage.getItem(CODE + page) ?? "{}");
      return isCode({ page: read }) ? read : {};
    } catch {
      return {};
    }
  }

  // Whether it was kept; no text forgets that of the cell.
  function keepCode(page, cell, text) {
    const cells = codeOf(page);
    if (text === null) delete cells[cell];
    else cells[cell] = text;
    try {
      if (Object.keys(cells).length) window.localStorage.setItem(CODE + page, JSON.stringify(cells));
      else window.localStorage.removeItem(CODE + page);
      return true;
    } catch {
      return false;
    }
  }

  function allCode() {
    try {
      const pages = Object.keys(window.localStorage).filter((key) => key.startsWith(CODE)).map((key) => key.slice(CODE.length));
      return Object.fromEntries(pages.sort().map((page) => [page, codeOf(page)]).filter(([, cells]) => Object.keys(cells).length));
    } catch {
      return {};
    }
  }

  // What stands here stays; the number of cells whose code is new.
  function addCode(code) {
    let added = 0;
    for (const [page, cells] of Object.entries(code)) {
      const own = codeOf(page);
      for (const [cell, text] of Object.entries(cells)) if (!(cell in own) && keepCode(page, cell, text)) added += 1;
    }
    return added;
  }

  // Can this browser keep something at all? Asked once, with something that is gone at once.
  try {
    window.localStorage.setItem(`${KEY}:try`, "1");
    window.localStorage.removeItem(`${KEY}:try`);
  } catch {
    keeps = false;
  }

  function today() {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  }

  function longDay(day, month = "long") {
    const options = { day: "numeric", month, year: "numeric", timeZone: "UTC" };
    const language = document.documentElement.lang || "en";
    return new Date(`${day}T00:00:00Z`).toLocaleDateString(language === "en" ? "en-GB" : language, options);
  }

  const lessonOf = (question) => question.slice(0, question.lastIndexOf("-"));

  function exercise(question, entry) {
    const lesson = lessonOf(question);
    const before = load();
    const after = merge(before, { [lesson]: { exercises: { [question]: { day: today(), ...entry } } } });
    if (text(after) !== text(before)) save(after);
  }

  function quiz(question, right) {
    const lesson = lessonOf(question);
    const lessons = load();
    const known = lessons[lesson]?.quiz?.[question];
    const entry = known ? { ...known, right: known.right || right } : { day: today(), first: right, right };
    save({ ...lessons, [lesson]: { ...lessons[lesson], quiz: { ...lessons[lesson]?.quiz, [question]: entry } } });
  }

  // The ticks of an open question's rubric, as they stand now: a tick can be taken back.
  function ticks(question, marks) {
    exercise(question, { outcome: "answered", ticks: marks });
    const lessons = JSON.parse(text(load())).lessons;
    lessons[lessonOf(question)].exercises[question].ticks = marks;
    save(lessons);
  }

  // Take something back that the reader marked: `read` of a lesson, or `done` of an exercise.
  function unmark(lesson, question) {
    const lessons = JSON.parse(text(load())).lessons;
    if (!question) delete lessons[lesson].read;
    else {
      const exercises = lessons[lesson].exercises;
      delete exercises[question].done;
      if (Object.keys(exercises[question]).length === 1) delete exercises[question];
      if (!Object.keys(exercises).length) delete lessons[lesson].exercises;
    }
    if (!Object.keys(lessons[lesson]).length) delete lessons[lesson];
    save(lessons);
  }

  // What a check said. Checks are counted until the first that says "correct" or "answered", as in a notebook.
  function checked(question, outcome) {
    const known = load()[lessonOf(question)]?.exercises?.[question] ?? {};
    const counts = outcome !== "not-attempted" && !["correct", "answered"].includes(known.outcome);
    const checks = Math.min((known.checks ?? 0) + (counts ? 1 : 0), MOST.checks);
    exercise(question, { outcome, ...(checks ? { checks } : {}) });
  }

  const isDone = (entry) => Boolean(entry && (entry.done || entry.outcome === "correct" || entry.outcome === "answered"));

  return {
    CODE, codeIn, codeOf, keepCode, allCode, addCode, LARGEST, parse, text, merge, load, save, forget, today, longDay, lessonOf, exercise, checked, quiz, ticks, unmark, isDone,
    get keeps() { return keeps; },
    get setAside() { return setAside; },
    UNKEPT: "This browser keeps nothing for this page, so your progress is forgotten when you leave it. " +
      "Everything else works. A private window or a page opened from a disk can be the reason.",
    KEY,
  };
})();

// --- on every page: listen to what the reader does, and show what is done ---

(() => {
  const progress = window.cwProgress;

  document.addEventListener("cw-answered", (event) => progress.quiz(event.target.id, event.detail.right));

  document.addEventListener("toggle", (event) => {
    const fold = event.target;
    const box = fold.open && fold.closest?.(".cw-exercise");
    if (!box) return;
    if (fold.matches(".cw-hint")) {
      progress.exercise(box.id, { hints: [...fold.parentElement.querySelectorAll(":scope > .cw-hint")].indexOf(fold) + 1 });
    } else if (fold.matches(".cw-reveal")) {
      progress.exercise(box.id, { solution: true });
    }
  }, true);

  const controls = document.querySelectorAll(".cw-done");
  controls.forEach((control) => {
    const button = control.querySelector("button");
    const { lesson, question } = control.dataset;
    if (!progress.keeps) {
      button.hidden = true;
      if (lesson) control.querySelector(".cw-say").textContent = progress.UNKEPT;
      return;
    }
    button.addEventListener("click", () => {
      const known = progress.load()[lesson ?? progress.lessonOf(question)];
      if (lesson && known?.read) progress.unmark(lesson);
      else if (lesson) progress.save(progress.merge(progress.load(), { [lesson]: { read: progress.today() } }));
      else if (known?.exercises?.[question]?.done) progress.unmark(progress.lessonOf(question), question);
      else progress.exercise(question, { done: true });
    });
  });

  function ticked(entry) {
    if (!entry.ticks) return "";
    const said = inWords("You ticked {n} of {of} lines.");
    return ` ${said.replace("{n}", entry.ticks.filter(Boolean).length).replace("{of}", entry.ticks.length)}`;
  }

  // The state of one control; what it says is announced, because it is a status from the start.
  function showControl(control, lessons) {
    const button = control.querySelector("button");
    const say = control.querySelector(".cw-say");
    const { lesson, question } = control.dataset;
    if (!progress.keeps) {
      if (!button.hidden) say.textContent = progress.UNKEPT;
      button.hidden = true;
      return;
    }
    const day = lessons[lesson]?.read;
    const entry = lessons[progress.lessonOf(question ?? "")]?.exercises?.[question];
    const marked = lesson ? Boolean(day) : Boolean(entry?.done);
    const what = lesson ? "this lesson as read" : "this exercise as done";
    const solved = entry?.outcome === "correct";
    const answered = entry?.outcome === "answered";
    button.textContent = inWords(marked ? "Take the mark back" : `Mark ${what}`);
    button.hidden = (solved || answered) && !marked;
    let said = "";
    if (day) said = `✓ ${inWords("Read on {day}.").replace("{day}", progress.longDay(day))}`;
    else if (solved) said = `✓ ${inWords("Solved: the check says so.")}`;
    else if (answered) said = `✎ ${inWords("Answered: compare with the model answer.")}${ticked(entry)}`;
    else if (marked) said = `✓ ${inWords("Marked as done.")}`;
    if (say.textContent !== said) say.textContent = said;
  }

  // A tick behind a name, and a word for those who do not see it.
  function tick(element, word) {
    element.querySelectorAll(":scope > .cw-tick").forEach((old) => old.remove());
    if (!word) return;
    const made = document.createElement("span");
    made.className = "cw-tick";
    made.innerHTML = ` <span aria-hidden="true">✓</span><span class="cw-unseen">(${inWords(word)})</span>`;
    element.append(made);
  }

  function show() {
    const lessons = progress.load();
    controls.forEach((control) => showControl(control, lessons));
    document.querySelectorAll("form.cw-quiz[data-keyed]").forEach((form) => {
      const right = lessons[progress.lessonOf(form.id)]?.quiz?.[form.id]?.right;
      tick(form.querySelector(".cw-title"), right ? "answered right" : "");
    });
    document.querySelectorAll("a[data-lesson]").forEach((link) => {
      tick(link, lessons[link.dataset.lesson]?.read ? "read" : "");
    });
    document.querySelectorAll("a[data-exercises]").forEach((link) => {
      const all = link.dataset.exercises.split(" ");
      const done = all.every((id) => progress.isDone(lessons[progress.lessonOf(id)]?.exercises?.[id]));
      tick(link, done ? "done" : "");
    });
  }
  document.addEventListener("cw-progress", show);
  window.addEventListener("storage", (event) => {
    if (event.key === null || event.key === progress.KEY) document.dispatchEvent(new CustomEvent("cw-progress"));
  });
  // A page that comes back from the browser's memory may be older than what was done on another.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.dispatchEvent(new CustomEvent("cw-progress"));
  });
  show();
})();
