// A learner's side of a class that is served live: join under a drawn name, agree or not, raise a hand, ask. This script is only in
// pages that the class server hands out. What is sent about a check: question, outcome, which prepared mistake, hints opened.
"use strict";

(() => {
  const about = window.CLEANWORKS_CLASS;
  const say = (text) => about.words[text] ?? text;
  const QUEUE = `cleanworks-class-1:${about.workshop}`;
  const LATER = 10_000; // ms until what could not be sent is tried again
  const MOST_WAITING = 200;
  let me = { name: null, offer: "", share: false, hand: false };

  function make(tag, text = "", attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function button(text, act, attributes = {}) {
    const made = make("button", text, { type: "button", ...attributes });
    made.addEventListener("click", act);
    return made;
  }

  class Refused extends Error {
    constructor(status, said) {
      super(said);
      this.status = status;
    }
  }

  async function speak(path, body) {
    const options = body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive: true,
    };
    const answer = await fetch(`/class/${path}`, options);
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, told.said ?? answer.statusText);
    return told;
  }

  // --- what is sent about checks: in their order, and again when the room was out of reach ---

  let waiting = [];
  try {
    waiting = JSON.parse(window.localStorage.getItem(QUEUE) ?? "[]");
  } catch { /* this browser keeps nothing: what waits is lost with the page */ }
  if (!Array.isArray(waiting)) waiting = [];

  function keep() {
    try {
      window.localStorage.setItem(QUEUE, JSON.stringify(waiting));
    } catch { /* as above */ }
  }

  let sending = false;
  async function send() {
    if (sending || !me.share) return;
    sending = true;
    try {
      while (waiting.length) {
        try {
          await speak("check", waiting[0]);
        } catch (error) {
          // The server is away or asks for patience; anything else it will not take the next time either.
          if (!error.status || error.status === 429 || error.status >= 500) break;
        }
        waiting.shift();
        keep();
      }
    } finally {
      sending = false;
    }
  }
  window.addEventListener("online", send);
  window.setInterval(() => { if (waiting.length) send(); }, LATER);

  // The same as `mark` in cleanworks/learn/sharing.py.
  function mark(message) {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(message)) value = Math.imul(value ^ byte, 0x01000193);
    return (value >>> 0).toString(16).padStart(8, "0");
  }

  document.addEventListener("cw-judged", ({ detail: { question, outcome, message } }) => {
    const marks = about.marks[question];
    if (!me.share || !marks) return;
    const known = marks.indexOf(mark(message ?? ""));
    const lesson = window.cwProgress.load()[window.cwProgress.lessonOf(question)];
    const hints = lesson?.exercises?.[question]?.hints ?? 0;
    waiting.push({ workshop: about.workshop, question, outcome, mistake: outcome === "not-yet" && known >= 0 ? known : null, hints });
    waiting = waiting.slice(-MOST_WAITING);
    keep();
    send();
  });

  // --- what the reader sees ---

  const home = document.getElementById("class"); // the first page of the room; elsewhere a window opens
  const panel = make("div", "", { class: "cwc-panel" });
  const status = make("p", "", { role: "status", class: "cwc-status" });
  const inside = make("div");
  panel.append(inside, status);

  async function act(doing, done = "") {
    try {
      me = await doing();
      status.textContent = done;
      show();
      send();
    } catch (error) {
      status.textContent = error.status ? error.message : say("The laptop of the class cannot be reached. Try again, or tell your instructor.");
    }
  }

  const WHAT = "Show my instructor how my checks end: which question, how it ended, which known mistake, how many hints I opened. Not my code, and nothing else.";

  function shareBox(checked) {
    const label = make("label", "", { class: "cwc-share" });
    const box = make("input", "", { type: "checkbox" });
    box.checked = checked;
    label.append(box, ` ${say(WHAT)}`);
    return [label, box];
  }

  function joining() {
    const form = make("form");
    const label = make("label", say("Your name in this room"));
    const field = make("input", "", { type: "text", maxlength: "30", autocomplete: "off", dir: "auto" });
    field.value = me.offer;
    label.append(field);
    const [share, box] = shareBox(false);
    form.append(
      make("h2", say("Join the class")),
      make("p", say("This name was drawn for you. Keep it, draw another, or make one up. Nobody needs your own name.")),
      label,
      button(say("Draw another"), async () => { field.value = (await speak("me").catch(() => me)).offer ?? field.value; }),
      share,
      make("button", say("Join"), { type: "submit", class: "cwc-main" }),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(() => speak("join", { name: field.value, share: box.checked }), say("You have joined."));
    });
    return [form];
  }

  function joined() {
    const who = make("h2", `${say("You are")} `);
    who.append(make("bdi", me.name));
    const [share, box] = shareBox(me.share);
    box.addEventListener("change", () => act(
      () => speak("share", { yes: box.checked }),
      say(box.checked ? "From now on your instructor sees how your checks end." : "Nothing is shown any more, and what was shown is taken away."),
    ));
    const hand = button(say(me.hand ? "Take my hand down" : "Raise my hand"), () => act(
      () => speak("hand", { yes: !me.hand }),
      say(me.hand ? "Your hand is down." : "Your hand is up. Somebody will come."),
    ), { class: "cwc-main", "aria-pressed": String(me.hand) });
    const form = make("form");
    const label = make("label", say("Ask without your name"));
    const field = make("textarea", "", { maxlength: "300", rows: "2", dir: "auto" });
    label.append(field);
    form.append(label, make("button", say("Send the question"), { type: "submit" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) act(() => speak("ask", { text: field.value.trim() }), say("Your question stands on the instructor's board, without a name."));
    });
    return [who, hand, form, share];
  }

  let opener = null;
  function show() {
    inside.replaceChildren(...(me.name ? joined() : joining()));
    if (!opener) return;
    opener.replaceChildren(me.hand ? "✋ " : "", me.name ? make("bdi", me.name) : say("Join the class"));
    opener.classList.toggle("cwc-up", me.hand);
  }

  function outside() {
    document.head.append(make("link", "", { rel: "stylesheet", href: "/class/class.css" }));
    const dialog = make("dialog", "", { class: "cwc-dialog", "aria-label": say("The class") });
    dialog.append(panel, button(say("Close"), () => dialog.close()));
    opener = button("", () => dialog.showModal(), { class: "cwc-open", "aria-haspopup": "dialog" });
    document.body.append(dialog, opener);
  }

  if (home) home.append(panel);
  else outside();
  show();
  speak("me").then((told) => {
    me = { share: false, hand: false, ...told };
    show();
    send();
  }, () => { status.textContent = say("The laptop of the class cannot be reached. Try again, or tell your instructor."); });
})();
