// Makes Back lead to where the reader was: one entry in the browser's history for each thing that a reader does.
//
// Streamlit by itself adds none when a reader changes a field that is bound to the address, and one for every field that
// the server changes in answer. Here the first change of the address after a click or a key adds an entry, and those
// that follow it belong to the same one. After Back and Forward nothing is added until the reader does something.
//
// Data: page (the address of the one that is shown).

const GESTURES = ["pointerdown", "keydown", "drop", "click"];
const SETTLING = 1000; // milliseconds in which a page comes back; what is done to it then is no step of its own
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
  let cameBack = -SETTLING;
  const begin = ({ type, key, detail }) => {
    if (SILENT.has(key) || performance.now() - cameBack < SETTLING) return;
    isNew ||= type !== "click" || !detail; // a click without a pointer comes from a keyboard or a screen reader
  };
  for (const gesture of GESTURES) window.addEventListener(gesture, begin, true);
  const comeBack = () => {
    isNew = false;
    cameBack = performance.now();
  };
  window.addEventListener("popstate", comeBack, true);
}

if (!window.alphaModelHistory) {
  window.alphaModelHistory = true;
  oneEntryForEachGesture();
}

export default function ({ data }) {
  if (data.page === window.alphaModelPage) return;
  window.alphaModelPage = data.page;
  const { activeElement } = document;
  if (activeElement?.matches("input, textarea, [role=combobox]")) activeElement.blur(); // it would keep the arrow keys
}
