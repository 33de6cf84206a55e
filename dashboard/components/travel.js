// Goes to another page of the app as a link would: with one entry in the browser's history, whatever else of the
// address changes with it. Streamlit takes it for Back or Forward, after which the address decides what is shown.
//
// Data: null, or turn (a new one for every journey), page (its address), asked (what is to change in the query).

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
