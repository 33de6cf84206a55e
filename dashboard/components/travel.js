// Makes Back lead to where the reader was: one entry in the browser's history for each thing that a reader does.
//
// Streamlit by itself adds none when a reader changes a field that is bound to the address, and one for every field that
// the server changes in answer. Here the first change of the address after a click or a key adds an entry, and those
// that follow it belong to the same one. After Back and Forward nothing is added until the reader does something.
//
// It also goes to another page of the app as a link would. Streamlit takes that for Back or Forward, after which the
// address decides what is shown.
//
// Data: null, or turn (a new one for every journey), page (its address), asked (what is to change in the query).

const GESTURES = ["pointerdown", "keydown", "drop"];

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
  for (const gesture of GESTURES) window.addEventListener(gesture, () => (isNew = true), true);
  window.addEventListener("popstate", () => (isNew = false), true);
}

if (!window.alphaModelHistory) {
  window.alphaModelHistory = true;
  oneEntryForEachGesture();
}

export default function ({ data }) {
  if (!data || data.turn === window.alphaModelTurn) return;
  window.alphaModelTurn = data.turn;
  document.activeElement?.blur(); // a field that was last used would keep the arrow keys
  const address = new URL(data.page, window.location.href);
  const query = new URLSearchParams(window.location.search);
  for (const [key, value] of Object.entries(data.asked)) query.set(key, value);
  address.search = query;
  window.history.pushState({}, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
}
