// The page "Your progress": what is done by part, lesson and objective; a file to save and to read; a record to print.
"use strict";

(() => {
  const progress = window.cwProgress;
  const page = document.querySelector(".cw-progress");
  const say = page.querySelector(".cw-said-here");
  const lessonsOnPage = [...page.querySelectorAll("details[data-lesson]")];
  const confirm = page.querySelector(".cw-confirm");
  const completion = page.querySelector(".cw-completion");
  const chooser = page.querySelector('input[type="file"]');
  // What the page says before anything is recorded.
  const summary = page.querySelector(".cw-summary");
  const nothing = summary.textContent;
  const withCode = page.querySelector('input[name="code"]');
  const button = (name) => page.querySelector(`button[data-do="${name}"]`);

  const ids = (text) => (text ? text.split(" ") : []);
  const all = (details, kind) => [...details.querySelectorAll(`li[data-${kind}]`)].flatMap((li) => ids(li.dataset[kind]));
  const entryOf = (lessons, kind, id) => lessons[progress.lessonOf(id)]?.[kind]?.[id];
  const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

  function tally(lessons, details) {
    const lesson = lessons[details.dataset.lesson] ?? {};
    const quiz = all(details, "quiz").map((id) => entryOf(lessons, "quiz", id));
    const exercises = all(details, "exercises").map((id) => entryOf(lessons, "exercises", id));
    return {
      read: lesson.read,
      quizzes: quiz.length,
      right: quiz.filter((entry) => entry?.right).length,
      first: quiz.filter((entry) => entry?.first).length,
      exercises: exercises.length,
      done: exercises.filter(progress.isDone).length,
      solved: exercises.filter((entry) => entry?.outcome === "correct").length,
      answered: exercises.filter((entry) => entry?.outcome === "answered").length,
      helped: exercises.filter((entry) => entry?.hints).length,
      solutions: exercises.filter((entry) => entry?.solution).length,
      begun: Boolean(lesson.read || quiz.some(Boolean) || exercises.some(Boolean)),
    };
  }

  function stateOf(sum) {
    if (!sum.begun) return "not begun";
    const parts = [sum.read ? "✓ read" : "not marked as read"];
    if (sum.quizzes) parts.push(`quiz ${sum.right} of ${sum.quizzes}`);
    if (sum.exercises) parts.push(`exercises ${sum.done} of ${sum.exercises}`);
    return parts.join(" · ");
  }

  function showObjective(lessons, li) {
    const done = ids(li.dataset.quiz).filter((id) => entryOf(lessons, "quiz", id)?.right).length +
      ids(li.dataset.exercises).filter((id) => progress.isDone(entryOf(lessons, "exercises", id))).length;
    const total = ids(li.dataset.quiz).length + ids(li.dataset.exercises).length;
    const said = total === 0 ? "" : `${done === total ? "✓ " : ""}${done} of ${count(total, "question")} right or done`;
    li.querySelector(".cw-state").textContent = said;
    li.classList.toggle("cw-complete", total > 0 && done === total);
  }

  function show() {
    const lessons = progress.load();
    const sums = lessonsOnPage.map((details) => tally(lessons, details));
    lessonsOnPage.forEach((details, index) => {
      details.querySelector("summary .cw-state").textContent = stateOf(sums[index]);
      details.classList.toggle("cw-begun", sums[index].begun);
      details.querySelectorAll(".cw-objectives > li").forEach((li) => showObjective(lessons, li));
      const help = details.querySelector(".cw-help");
      help.textContent = sums[index].begun
        ? `Right at the first try: ${sums[index].first}. Hints opened in ${count(sums[index].helped, "exercise")}, the ` +
          `solution in ${sums[index].solutions}. Solved with the check: ${sums[index].solved}; open questions answered: ${sums[index].answered}.`
        : "";
    });
    page.querySelectorAll("[data-part]").forEach((part) => {
      const own = sums.filter((_, index) => lessonsOnPage[index].dataset.of === part.dataset.part);
      part.textContent = `${own.filter((sum) => sum.read).length} of ${count(own.length, "lesson")} read.`;
    });
    const total = (name) => sums.reduce((sum, one) => sum + one[name], 0);
    const begun = sums.some((sum) => sum.begun);
    summary.textContent = begun
      ? `You have read ${sums.filter((sum) => sum.read).length} of ${count(sums.length, "lesson")}, answered ${total("right")} ` +
        `of ${total("quizzes")} quiz questions right (${total("first")} at the first try) and done ${total("done")} of ` +
        `${total("exercises")} exercises.`
      : nothing;
    const notes = [];
    if (!progress.keeps) notes.push(progress.UNKEPT);
    if (progress.setAside) notes.push("What this browser had kept could not be read. It was set aside, and the record begins anew.");
    const note = page.querySelector(".cw-note-here");
    note.textContent = notes.join(" ");
    note.hidden = notes.length === 0;
    const written = Object.keys(progress.allCode()).length > 0;
    withCode.closest("label").hidden = !written;
    button("completion").disabled = !begun;
    button("export").disabled = button("reset").disabled = !begun && !written;
    if (!completion.hidden) fillCompletion(lessons, sums);
  }

  // --- a file to keep, to carry to another device, or to hand in ---

  button("export").addEventListener("click", () => {
    const along = withCode.checked && !withCode.closest("label").hidden;
    const content = progress.text(progress.load(), along ? progress.allCode() : undefined);
    if (content.length > progress.LARGEST) {
      say.textContent = "With your code the file would be larger than a progress record may be. Save it without.";
      return;
    }
    const link = document.createElement("a");
    const name = `my-progress-${progress.today()}.json`;
    link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    say.textContent = `Saved as ${name}, usually in your folder Downloads. It holds no name${along ? ", but the code you wrote" : ""}.`;
  });

  button("import").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (!file) return;
    say.textContent = await take(file);
    chooser.value = "";
  });

  async function take(file) {
    let read;
    let code = {};
    try {
      if (file.size > progress.LARGEST) return `${file.name} is too large to be a progress record. Nothing was changed.`;
      const text = await file.text();
      read = progress.parse(text);
      code = progress.codeIn(text);
    } catch (error) {
      const why = error.name === "NotReadableError" ? "cannot be read from the disk" : error.message;
      return `${file.name} ${why}. Nothing was changed.`;
    }
    const known = new Set(lessonsOnPage.map((details) => details.dataset.lesson));
    const mine = Object.fromEntries(Object.entries(read).filter(([id]) => known.has(id)));
    const foreign = Object.keys(read).length - Object.keys(mine).length;
    const added = progress.addCode(code);
    const written = added ? ` Your code of ${count(added, "cell")} is back in its place.` : "";
    if (added) document.dispatchEvent(new CustomEvent("cw-progress"));
    if (Object.keys(mine).length === 0 && added) return `${file.name} was read.${written}`;
    if (Object.keys(mine).length === 0) {
      return `${file.name} holds ${foreign ? "only lessons of another course" : "no lesson"}. Nothing was changed.`;
    }
    const before = progress.load();
    const after = progress.merge(before, mine);
    const left = foreign ? ` ${count(foreign, "lesson")} that this book does not have ${foreign === 1 ? "was" : "were"} left out.` : "";
    if (progress.text(after) === progress.text(before)) return `${file.name} ${added ? "was read." : "holds nothing new."}${written}${left}`;
    progress.save(after);
    return `${file.name} was added to your progress: ${count(Object.keys(mine).length, "lesson")}.${written}${left}`;
  }

  // --- forgetting, after a question ---

  function ask(open) {
    confirm.hidden = !open;
    button("reset").setAttribute("aria-expanded", String(open));
    (open ? button("keep") : button("reset")).focus();
  }
  button("reset").addEventListener("click", () => ask(confirm.hidden));
  button("keep").addEventListener("click", () => ask(false));
  confirm.addEventListener("keydown", (event) => {
    if (event.key === "Escape") ask(false);
  });
  button("forget").addEventListener("click", () => {
    confirm.hidden = true;
    button("reset").setAttribute("aria-expanded", "false");
    closeCompletion();
    progress.forget();
    say.textContent = "Everything was forgotten on this device. Files that you saved are still where you saved them.";
    // The button that was pressed is gone, and the one that led here has nothing left to do.
    button("import").focus();
  });

  // --- a record to print ---

  function cell(row, text, heading) {
    const made = document.createElement(heading ? "th" : "td");
    if (heading) made.scope = "row";
    made.textContent = text;
    row.append(made);
  }

  function fillCompletion(lessons, sums) {
    completion.querySelector(".cw-made-on").textContent = progress.longDay(progress.today());
    const rows = completion.querySelector("tbody");
    rows.replaceChildren();
    sums.forEach((sum, index) => {
      if (!sum.begun) return;
      const row = document.createElement("tr");
      cell(row, lessonsOnPage[index].dataset.title, true);
      cell(row, sum.read ? progress.longDay(sum.read, "short") : "–");
      cell(row, `${sum.right} of ${sum.quizzes} (${sum.first})`);
      cell(row, `${sum.solved} of ${sum.exercises}`);
      cell(row, String(sum.answered));
      cell(row, String(sum.done - sum.solved - sum.answered));
      cell(row, String(sum.solutions));
      rows.append(row);
    });
  }

  function closeCompletion() {
    completion.hidden = true;
    button("completion").setAttribute("aria-expanded", "false");
  }

  button("completion").addEventListener("click", () => {
    if (!completion.hidden) {
      closeCompletion();
      return;
    }
    completion.hidden = false;
    button("completion").setAttribute("aria-expanded", "true");
    show();
    completion.querySelector("h2").focus();
  });
  button("print").addEventListener("click", () => window.print());
  button("close").addEventListener("click", () => {
    closeCompletion();
    button("completion").focus();
  });

  document.addEventListener("cw-progress", show);
  show();
})();
