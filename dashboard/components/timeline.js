// Every cycle of the window in one strip, coloured by outcome, with a playhead that can be dragged.
//
// Data: count, place (of the cursor, from 0), time (of the cursor, as Plotly writes it), label (of the cursor, for
// people), codes (one character a bucket: the place of its standing in `colours` and `words`), times (of the first cycle
// of each bucket, seconds), marks (places of interesting cycles, at most a few hundred), colours, words (what each
// colour means), zoom (of the charts: range, and the turn in which the server heard of it).

const CURSOR = "alpha-model:cursor";
const ZOOM = "alpha-model:zoom";
const NEEDS_ARROWS = "input, textarea, select, [contenteditable], [role=tab], [role=listbox], [role=menu], [role=grid]";
const KEEPS_ARROWS = "[role=tab], [role=toolbar]";
const PATIENCE = 1500; // milliseconds
const strips = new WeakMap();

class Strip {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.head = root.querySelector(".am-head");
    this.tip = root.querySelector(".am-tip");
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
    root.addEventListener("pointerdown", (event) => this.grab(event));
    root.addEventListener("pointermove", (event) => this.drag(event));
    root.addEventListener("pointerup", (event) => this.drop(event));
    root.addEventListener("pointerleave", () => (this.tip.hidden = true));
    root.addEventListener("keydown", (event) => this.key(event));
    this.step = (event) => this.arrow(event);
    window.addEventListener("keydown", this.step);
    this.free = (event) => {
      this.asksAgain = false;
      if (event.detail && event.target.closest?.(KEEPS_ARROWS)) setTimeout(letKeysGo);
    };
    window.addEventListener("click", this.free, true);
  }

  show(data) {
    this.data = data;
    this.root.setAttribute("aria-valuemin", 1);
    this.root.setAttribute("aria-valuemax", data.count);
    this.root.setAttribute("aria-valuenow", data.place + 1);
    this.root.setAttribute("aria-valuetext", data.label);
    announce(data.time);
    hearZoom(data.zoom);
    this.follow();
    this.draw();
  }

  draw() {
    const { codes, colours, marks, count } = this.data ?? {};
    const width = this.root.clientWidth;
    if (!codes || !width) return;
    const ratio = window.devicePixelRatio || 1;
    const height = this.root.clientHeight;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const step = width / codes.length;
    const gap = step > 5 ? 1 : 0;
    for (let bucket = 0; bucket < codes.length; bucket += 1) {
      pen.fillStyle = colours[parseInt(codes[bucket], 36)];
      pen.fillRect(bucket * step, 8, step - gap + (gap ? 0 : 0.5), height - 12);
    }
    pen.fillStyle = getComputedStyle(this.root).color;
    for (const mark of marks) {
      const x = ((mark + 0.5) / count) * width;
      pen.beginPath();
      pen.arc(x, 4, 1.6, 0, 7);
      pen.fill();
    }
    this.moveHead();
  }

  // The server's place is ours, but for the moment in which it has not heard yet where the reader went.
  follow() {
    if (this.held) return;
    clearTimeout(this.timer);
    const isOver = performance.now() > this.patience;
    if (this.asked === undefined || this.asked === this.data.place || (isOver && !this.asksAgain)) {
      this.asked = undefined;
      this.place = this.data.place;
      return;
    }
    if (isOver) this.ask(false); // on a busy machine a place can get lost among many
    this.timer = setTimeout(() => (this.follow(), this.moveHead()), PATIENCE);
  }

  moveHead() {
    const width = this.root.clientWidth;
    this.head.style.transform = `translateX(${((this.place + 0.5) / this.data.count) * width}px)`;
  }

  placeAt(event) {
    const box = this.root.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return Math.max(0, Math.min(this.data.count - 1, Math.floor(share * this.data.count)));
  }

  secondsAt(place) {
    const { times, count, codes } = this.data;
    const exact = (place * codes.length) / count;
    const bucket = Math.min(codes.length - 1, Math.floor(exact));
    const next = times[bucket + 1] ?? times[bucket];
    return times[bucket] + (next - times[bucket]) * (exact - bucket);
  }

  grab(event) {
    if (event.button) return;
    this.held = true;
    this.root.setPointerCapture(event.pointerId);
    this.drag(event);
  }

  drag(event) {
    const place = this.placeAt(event);
    const when = new Date(this.secondsAt(place) * 1000).toISOString().slice(0, 16).replace("T", " ");
    this.tip.hidden = false;
    const { codes, count, words } = this.data;
    const standing = words[parseInt(codes[Math.floor((place * codes.length) / count)], 36)];
    this.tip.textContent = `${codes.length < count ? "≈ " : ""}${when} · ${standing}`;
    const box = this.root.getBoundingClientRect();
    const half = this.tip.offsetWidth / 2;
    const x = Math.max(half, Math.min(box.width - half, event.clientX - box.left));
    this.tip.style.transform = `translate(${x - half}px, -100%)`;
    if (!this.held) return;
    this.place = place;
    this.moveHead();
    announce(when);
  }

  drop() {
    if (!this.held) return;
    this.held = false;
    this.go(this.place);
  }

  key(event) {
    const page = Math.max(1, Math.round(this.data.count / 20));
    const steps = { PageUp: page, PageDown: -page, ArrowUp: 1, ArrowDown: -1 };
    const ends = { Home: 0, End: this.data.count - 1 };
    const wanted = event.key in ends ? ends[event.key] : this.place + (steps[event.key] ?? 0);
    const place = Math.max(0, Math.min(this.data.count - 1, wanted));
    if (place === this.place) return;
    event.preventDefault();
    this.place = place;
    this.moveHead();
    this.go(this.place);
  }

  // The arrow keys step from anywhere on the page, unless what has the keyboard needs them.
  arrow(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const isTaken = event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!step || isTaken || event.target.closest?.(NEEDS_ARROWS)) return;
    const place = this.place + step;
    if (place < 0 || place >= this.data.count) return;
    event.preventDefault();
    this.place = place;
    this.moveHead();
    this.go(place);
  }

  go(place) {
    if (place === this.data.place && this.asked === undefined) return;
    this.asked = place;
    this.ask(true);
  }

  ask(asksAgain) {
    this.asksAgain = asksAgain;
    this.patience = performance.now() + PATIENCE;
    this.setTriggerValue("place", this.asked);
  }

  leave() {
    clearTimeout(this.timer);
    window.removeEventListener("keydown", this.step);
    window.removeEventListener("click", this.free, true);
    this.observer.disconnect();
    strips.delete(this.root);
  }
}

// What was clicked with a pointer would keep the arrow keys; what was reached with the keyboard needs them.
function letKeysGo() {
  document.activeElement?.blur();
}

function announce(time) {
  window.alphaModelCursor = time;
  window.dispatchEvent(new CustomEvent(CURSOR));
}

// The server's zoom is the charts', but for the moment in which it has not heard yet of the reader's last one. What it
// heard it says in whole minutes, which moves nothing; a zoom to where there is nothing it does not take.
function hearZoom({ range, turn }) {
  const now = window.alphaModelZoom;
  const words = JSON.stringify(range);
  if (now && now.told === undefined) {
    const isHeard = now.turn === turn;
    if (!isHeard && performance.now() < now.patience) return;
    if (isHeard && Boolean(range) === Boolean(now.range)) {
      now.told = words;
      return;
    }
  } else if (now ? now.told === words : !range) return;
  window.alphaModelZoom = { range, turn, told: words };
  window.dispatchEvent(new CustomEvent(ZOOM));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".am-strip");
  if (!strips.has(root)) strips.set(root, new Strip(root));
  const strip = strips.get(root);
  strip.setTriggerValue = setTriggerValue;
  strip.show(data);
  return () => strip.leave();
}
