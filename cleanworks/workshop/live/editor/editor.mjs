// The editor of a code cell: CodeMirror 6 with what a beginner needs and nothing that comes up by itself.
// `npm install && npm run build` in this folder writes ../static/live/editor.js (see README.md).
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

// Tab is not among the keys: it leaves the editor, for whoever has no mouse. Enter keeps the indent of a line.
export function make({ parent, text, selection, label, describedby, changed, run }) {
  const running = { key: "Mod-Enter", run: () => (run(), true) };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      selection: selection ? { anchor: Math.min(selection[0], text.length), head: Math.min(selection[1], text.length) } : undefined,
      extensions: [
        keymap.of([running, { ...running, key: "Shift-Enter" }, ...defaultKeymap, ...historyKeymap]),
        history(),
        drawSelection(),
        bracketMatching(),
        indentOnInput(),
        indentUnit.of("    "),
        python(),
        syntaxHighlighting(classHighlighter),
        EditorView.contentAttributes.of({
          "aria-label": label, "aria-describedby": describedby ?? "", autocapitalize: "off", autocorrect: "off", spellcheck: "false",
          translate: "no", tabindex: "0",
        }),
        EditorView.updateListener.of((update) => { if (update.docChanged) changed(update.state.doc.toString()); }),
      ],
    }),
  });
  return {
    element: view.dom,
    text: () => view.state.doc.toString(),
    set: (value) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } }),
    focus: () => view.focus(),
    remove: () => view.destroy(),
  };
}
