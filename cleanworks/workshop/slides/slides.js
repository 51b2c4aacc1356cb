"use strict";
(function () {
  // The last few per cent: what does not fit gets smaller letters, step by step, never a cut.
  function fit(section) {
    const box = section.querySelector(".fit");
    if (!box) return;
    const shown = section.style.display;
    section.style.display = "block";
    let size = 30;
    box.style.fontSize = `${size}px`;
    while (size > 14 && (box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)) {
      size -= 0.5;
      box.style.fontSize = `${size}px`;
    }
    section.style.display = shown;
  }
  const spoken = document.getElementById("spoken");
  function say() {
    const notes = Reveal.getCurrentSlide().querySelector("aside.notes");
    spoken.innerHTML = notes ? notes.innerHTML : "<p></p>";
    if (!notes) spoken.firstChild.textContent = spoken.dataset.none;
  }
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, hash: true, controls: true, controlsTutorial: false, slideNumber: "c/t",
    transition: "none", backgroundTransition: "none", pdfSeparateFragments: false, disableLayout: false,
    plugins: typeof RevealNotes === "undefined" ? [] : [RevealNotes],
  }).then(() => {
    document.querySelectorAll(".slides section").forEach(fit);
    document.body.dataset.ready = "yes";
    Reveal.on("slidechanged", say);
    if (document.querySelector("aside.notes")) {
      // The speaker's window (S) needs a second screen; N shows the notes on this one.
      Reveal.addKeyBinding({ keyCode: 78, key: "N", description: spoken.dataset.key }, () => {
        document.body.classList.toggle("notes-on");
        say();
      });
    }
  });
}());
