// Search in the list of projects, and copying a question. Everything else works without scripts.
(function () {
  "use strict";
  var form = document.getElementById("find");
  if (form && window.PROJECTS) {
    var words = document.getElementById("words");
    var district = document.getElementById("district");
    var status = document.getElementById("status");
    var found = document.getElementById("found");
    var count = document.getElementById("count");
    var most = 30;
    var plain = function (text) {
      return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
    };
    var texts = window.PROJECTS.map(function (row) {
      return plain(row.slice(0, 6).join(" "));
    });
    var show = function () {
      var asked = plain(words.value).split(/\s+/).filter(Boolean);
      found.textContent = "";
      if (!asked.length && !district.value && !status.value) {
        count.textContent = "";
        return;
      }
      var hits = window.PROJECTS.filter(function (row, place) {
        return (
          (!district.value || row[2] === district.value) &&
          (!status.value || row[3] === status.value) &&
          asked.every(function (word) {
            return texts[place].indexOf(word) >= 0;
          })
        );
      });
      count.textContent =
        hits.length === 1 ? "1 project found." : hits.length + " projects found" + (hits.length > most ? ", the first " + most + " are shown." : ".");
      hits.slice(0, most).forEach(function (row) {
        var item = document.createElement("li");
        var link = document.createElement("a");
        link.href = row[6];
        link.textContent = row[1] || row[0];
        var small = document.createElement("span");
        small.textContent = [row[0], row[2], window.STATES[row[3]] || row[3], row[4]].filter(Boolean).join(" · ");
        item.append(link, small);
        found.append(item);
      });
    };
    form.hidden = false;
    form.addEventListener("input", show);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      show();
    });
    show(); // a browser may have kept what was typed
  }

  var copy = document.getElementById("copy");
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", function () {
      var text = document.getElementById("ask");
      text.select();
      var done = document.execCommand("copy");
      document.getElementById("copied").textContent = done ? "Copied." : "The text is marked: copy it with Ctrl+C.";
    });
  }
})();
