// Makes Back lead to where the reader was: one entry in the browser's history for each thing that a reader does.
//
// Streamlit by itself adds none when a reader changes a field that is bound to the address, and one for every field that
// the server changes in answer. Here the first change of the address after a click or a key adds an entry, and those
// that follow it belong to the same one. After Back and Forward nothing is added until the reader does something.
//
// Data: page (the address of the one that is shown).

const GESTURES = ["pointerdown", "keydown", "drop"];
const SILENT = new Set(["Escape", "Shift", "Control", "Alt", "Meta"]); // keys that choose nothing by themselves

function oneEntryForEachGesture() {
  const { history } = window;
  const add = history.pushState.bind(history);
  const change = history.replaceState.bind(history);
  let isNew = false;
  const goTo = (state, title, url) => {
    if (url === undefined || url === null || new URL(url, window.location.href).href === window.location.href) {
      change(state, title, url);
      return;
    }
    (isNew ? add : change)(state, title, url);
    isNew = false;
  };
  history.pushState = goTo;
  history.replaceState = goTo;
  const begin = ({ key }) => (isNew ||= !SILENT.has(key));
  for (const gesture of GESTURES) window.addEventListener(gesture, begin, true);
  window.addEventListener("popstate", () => (isNew = false), true);
}

if (!window.alphaModelHistory) {
  window.alphaModelHistory = true;
  oneEntryForEachGesture();
}

export default function ({ data }) {
  if (data.page === window.alphaModelPage) return;
  window.alphaModelPage = data.page;
  document.activeElement?.blur(); // a field that was last used would keep the arrow keys
}
