// The instructor's board. Everything it shows comes from the stream of the class server, as data; it is written as text, never as HTML.
"use strict";

(() => {
  const about = window.CLEANWORKS_CLASS;
  const say = (text, values = {}) => (about.words[text] ?? text).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const root = document.getElementById("board");
  const STATES = ["done", "trying", "stuck", "not begun"];
  // What each is called beside its number, which no language has to bend to, and before the names.
  const COUNTED = { done: "{n} done", trying: "{n} trying", stuck: "{n} stuck", "not begun": "{n} not begun" };
  const NAMED = { done: "Done: {names}", trying: "Trying: {names}", stuck: "Stuck: {names}" };
  const language = document.documentElement.lang;
  const COMMA = language.startsWith("ar") ? "، " : ", ";
  let now = null;
  let skew = 0; // seconds by which this browser is ahead of the server
  let lost = false;

  function make(tag, className, ...inside) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...inside);
    return made;
  }

  function button(text, act, value, label) {
    const made = make("button", "", text);
    made.type = "button";
    made.dataset.key = `${act}:${value}`;
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", () => {
      made.disabled = true;
      fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ act, value }) })
        .catch(() => {}).finally(() => { made.disabled = false; });
    });
    return made;
  }

  const name = (text) => make("bdi", "", text);
  // Code runs from left to right in every language.
  function program(tag, text) {
    const made = make(tag, "", text);
    made.dir = "ltr";
    return made;
  }

  // `names` in backticks, as checks and hints write them.
  const withCode = (text) => text.split("`").map((part, index) => (index % 2 ? program("code", part) : part));
  // A sentence with elements in the place of its values.
  const phrase = (text, values) => say(text).split(/\{(\w+)\}/).flatMap((part, index) => (index % 2 ? values[part] : part));
  const strong = (text) => make("b", "", text);
  const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  const span = (one) => `${clock(one.start)}–${clock(one.end)}`;

  function date(day) {
    const moment = new Date(`${day}T12:00:00Z`);
    try {
      return new Intl.DateTimeFormat(`${language === "en" ? "en-GB" : language.replace("_", "-")}-u-nu-latn`, { dateStyle: "full", timeZone: "UTC" }).format(moment);
    } catch {
      return day;
    }
  }

  // --- the frame stands; its rooms are filled anew ---

  const rooms = {};
  for (const [key, title] of [["timer", "The clock"], ["exercises", "Exercises"], ["hands", "Hands"], ["questions", "Questions without a name"], ["plan", "The plan"], ["people", "Who is here"]]) {
    const heading = make("h2", "", say(title));
    heading.id = `title-${key}`;
    rooms[key] = make("div", "inside");
    const section = make("section", "", heading, rooms[key]);
    section.id = key;
    section.setAttribute("aria-labelledby", heading.id);
    root.append(section);
  }
  const told = make("p", "told");
  told.setAttribute("role", "status");
  const wall = make("button", "", say("Show to the room"));
  wall.type = "button";
  wall.setAttribute("aria-pressed", "false");
  wall.title = say("Hides names, hands, questions and wrong answers, and shows the address large.");
  wall.addEventListener("click", () => {
    const shown = document.body.classList.toggle("wall");
    wall.setAttribute("aria-pressed", String(shown));
    wall.textContent = say(shown ? "Back to my board" : "Show to the room");
  });
  const save = make("a", "", say("Save for the evaluation"));
  save.href = "class.json";
  document.querySelector("header").append(make("p", "tools", wall, " ", save), told);

  function fill(key, ...inside) {
    const box = rooms[key];
    const open = new Set([...box.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const held = box.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    box.replaceChildren(...inside);
    box.querySelectorAll("details").forEach((one) => { one.open = open.has(one.dataset.key); });
    if (held) box.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  }

  function fold(key, summary, ...inside) {
    const made = make("details", "", make("summary", "", ...[summary].flat()), ...inside);
    made.dataset.key = key;
    return made;
  }

  // --- rooms ---

  function exercises() {
    if (!now.exercises.length) return fill("exercises", make("p", "", say("This workshop has no exercise with a check.")));
    const rows = [];
    let lesson = "";
    for (const one of now.exercises) {
      if (one.lesson !== lesson) {
        lesson = one.lesson;
        rows.push(make("h3", "", lesson));
      }
      const bar = make("div", "bar");
      bar.setAttribute("aria-hidden", "true");
      const counts = make("p", "counts");
      for (const state of STATES) {
        const count = one.names[state].length;
        if (count) {
          const part = make("span", state.replace(" ", "-"));
          part.style.flexGrow = count;
          bar.append(part);
        }
        counts.append(make("span", `count ${state.replace(" ", "-")}`, ...phrase(COUNTED[state], { n: strong(String(count)) })));
      }
      const row = make("article", one.names.stuck.length ? "row has-stuck" : "row", make("p", "asks", strong(one.id), " ", name(one.title)), bar, counts);
      const folds = make("div", "private");
      if (one.mistake) folds.append(mistake(one));
      const names = Object.keys(NAMED).filter((state) => one.names[state].length).map((state) =>
        make("p", "", ...phrase(NAMED[state], { names: one.names[state].flatMap((who, index) => [index ? COMMA : "", name(who)]) })));
      if (names.length) folds.append(fold(`names:${one.id}`, say("Who"), ...names));
      row.append(folds);
      rows.push(row);
    }
    fill("exercises", ...rows);
  }

  function mistake(one) {
    const { people, code, said, hint } = one.mistake;
    const pre = program("pre", code);
    pre.tabIndex = 0;
    const parts = [pre, make("p", "", strong(`${say("The check says:")} `), ...withCode(said))];
    if (hint) parts.push(make("p", "", strong(`${say("What you can say:")} `), ...withCode(hint)));
    return fold(`mistake:${one.id}`, say(people === 1 ? "The commonest wrong answer: 1 person" : "The commonest wrong answer: {n} people", { n: people }), ...parts);
  }

  function hands() {
    const list = now.hands.map((one) => {
      const minutes = Math.max(0, Math.round((seconds() - one.since) / 60));
      return make("li", "", name(one.name), ` · ${say("{n} min", { n: minutes })} `, button(say("Done"), "down", one.who, say("Done: {name}", { name: one.name })));
    });
    fill("hands", list.length ? make("ul", "", ...list) : make("p", "none", say("No hand is up.")));
  }

  function questions() {
    const list = now.questions.map((one) => make("li", "", name(one.text), " ", button(say("Answered"), "answered", one.number, say("Answered: {question}", { question: one.text }))));
    fill("questions", list.length ? make("ul", "", ...list) : make("p", "none", say("Nothing was asked.")));
  }

  function people() {
    const list = now.names.map((one) => make("li", "", name(one.name), one.share ? "" : ` (${say("shares nothing")})`, " ", button(say("Remove"), "remove", one.who, say("Remove: {name}", { name: one.name }))));
    fill("people", fold("people", say("{n} have joined, {m} share how their checks end", { n: now.people, m: now.sharing }), make("ul", "", ...list)));
  }

  function plan() {
    const { sessions, current, cuts, days, day, late, missing } = now.clock;
    const rows = sessions.map((one) => {
      const row = make("li", one.number === current ? "current" : "", span(one), " ", name(one.label), " ");
      row.append(button(say("Begins now"), "begun", one.number, say("Begins now: {what}", { what: one.label })));
      return row;
    });
    const marks = cuts.map((cut) => make("li", cut.leave ? "leave" : "", "✂ ", say("until {time}: leave out {what}, saves {n} min", { time: clock(cut.start), what: cut.what, n: cut.saves }), cut.leave ? ` ${say("← now")}` : ""));
    const parts = [make("ol", "", ...rows)];
    if (late > 0) parts.push(make("p", "late", missing ? say("{n} min late. With everything left out that can be, {m} are still missing.", { n: late, m: missing }) : say("{n} min late. What is marked makes up for it.", { n: late })));
    if (late !== 0) parts.push(make("p", "", button(say("We are on time"), "begun", null)));
    if (marks.length) parts.push(make("ul", "cuts", ...marks));
    if (days.length > 1) {
      const other = days.map((one, index) => button(say("Day {n}", { n: index + 1 }), "day", index, `${say("Day {n}", { n: index + 1 })}${COMMA}${date(one)}`));
      other.forEach((one, index) => one.setAttribute("aria-pressed", String(index === day)));
      parts.push(make("p", "days", ...other));
    }
    fill("plan", ...parts);
  }

  // --- the clock runs here, and is set right by the server ---

  const seconds = () => Date.now() / 1000 - skew;

  function timer() {
    if (!now) return;
    const { sessions, current, late, today } = now.clock;
    const here = now.clock.now + (seconds() - now.at);
    const at = sessions.findIndex((one) => one.number === current);
    const parts = [make("p", "time", name(clock(Math.floor(here / 60) % 1440)))];
    if (at >= 0) {
      const left = Math.round((sessions[at].end + late) * 60 - here);
      const shown = `${left < 0 ? "−" : ""}${Math.floor(Math.abs(left) / 60)}:${String(Math.abs(left) % 60).padStart(2, "0")}`;
      parts.push(make("p", left < 0 ? "left over" : "left", name(shown)), make("p", "what", name(sessions[at].label)));
      if (sessions[at + 1]) parts.push(make("p", "next", ...phrase("Then: {time} {what}", { time: clock(sessions[at + 1].start + late), what: name(sessions[at + 1].label) })));
    } else parts.push(make("p", "what", say("Nothing is planned now.")));
    if (!today) parts.push(make("p", "next", say("Today is not this day of the workshop: the clock runs as a rehearsal.")));
    rooms.timer.replaceChildren(...parts);
  }
  window.setInterval(timer, 1000);

  // --- the stream ---

  const stream = new EventSource("events");
  stream.onmessage = ({ data }) => {
    const before = now?.version;
    now = JSON.parse(data);
    skew = Date.now() / 1000 - now.at;
    // Good news stands until something happens in the class.
    if (lost) {
      told.textContent = say("The class is there again.");
      told.classList.add("good");
    } else if (told.classList.contains("good") && before !== now.version) {
      told.textContent = "";
      told.classList.remove("good");
    }
    lost = false;
    timer();
    plan();
    hands();
    if (before === now.version) return;
    exercises();
    questions();
    people();
    document.body.dataset.version = now.version;
  };
  stream.onerror = () => {
    lost = true;
    told.classList.remove("good");
    told.textContent = say("The class does not answer. What you see is old; it comes back by itself when the class is served again.");
  };
})();
