// A Plotly chart that stays put: it is drawn again only when its content changed, shows the zoom of the page, and says
// which time was clicked. The cycle cursor is a line above it, moved without drawing the chart again.
//
// Data: the 32 letters of the content's digest, then JSON:
//   plotly    address of plotly.min.js
//   figure    {data, layout}
//   view      what a reader did to the chart belongs to; another view forgets it
//   timed     the x axis is time: it can be clicked, zoomed together with its neighbours, and carries the cursor
//   name, alt, surface   file name of pictures, alternative text, colour behind them

const DIGEST = 32;
const CURSOR = "alpha-model:cursor";
const ZOOM = "alpha-model:zoom";
const DOUBLE = 300; // milliseconds between the two clicks of a double click, as Plotly has it
const PATIENCE = 5000; // milliseconds in which the server hears of a zoom
const LOCAL = { dateStyle: "medium", timeStyle: "long" };
const charts = new WeakMap();

function loadPlotly(address) {
  window.alphaModelPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      delete window.alphaModelPlotly;
      reject(new Error(`${address} cannot be loaded`));
    };
    document.head.append(script);
  });
  return window.alphaModelPlotly;
}

class Chart {
  constructor(root) {
    this.root = root;
    this.plot = root.querySelector(".am-plot");
    this.line = root.querySelector(".am-cursor");
    this.local = root.querySelector(".am-local");
    this.draws = 0;
    this.width = 0;
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(root);
    this.followCursor = () => this.placeCursor();
    this.followZoom = () => this.zoomAlong();
    root.addEventListener("pointerdown", ({ button }) => button || this.hold(), true);
    root.addEventListener("mousedown", (event) => event.button && event.stopPropagation(), true); // Plotly takes any
    window.addEventListener(CURSOR, this.followCursor);
    window.addEventListener(ZOOM, this.followZoom);
    root.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === root && window.alphaModelCursor && this.timed) {
        this.pick({ time: window.alphaModelCursor, open: true });
      }
    });
  }

  async show(bytes) {
    const digest = new TextDecoder().decode(bytes.subarray(0, DIGEST));
    if (digest === this.digest) return;
    this.digest = digest;
    const content = JSON.parse(new TextDecoder().decode(bytes.subarray(DIGEST)));
    this.root.setAttribute("aria-label", content.alt);
    const Plotly = await loadPlotly(content.plotly);
    await this.letGo;
    if (this.digest !== digest || this.gone) return;
    const { data, layout } = content.figure;
    this.timed = content.timed;
    this.content = content;
    layout.uirevision = content.view;
    if (this.timed) {
      layout.clickanywhere = true;
      this.range = zoomRange();
      if (this.range) Object.assign(layout.xaxis, { range: [...this.range], autorange: false });
    }
    await Plotly.react(this.plot, data, layout, this.config(Plotly));
    this.width = this.root.clientWidth;
    if (!this.draws) this.listen();
    this.draws += 1;
    this.root.dataset.draws = this.draws;
    this.placeCursor();
    this.zoomAlong();
  }

  // A chart that is drawn anew forgets the drag across it, so what is new waits for its end.
  hold() {
    this.letGo = new Promise((resolve) => {
      const done = () => setTimeout(resolve, 0); // after Plotly has taken the end of the drag
      window.addEventListener("pointerup", done, { once: true, capture: true });
      window.addEventListener("pointercancel", done, { once: true, capture: true });
    });
  }

  config(Plotly) {
    const save = (format) => ({
      name: `Download ${format.toUpperCase()}`,
      icon: format === "png" ? Plotly.Icons.camera : Plotly.Icons.disk,
      click: (plot) => this.save(Plotly, plot, format),
    });
    return {
      displaylogo: false,
      doubleClick: "autosize",
      modeBarButtons: [[save("png"), save("svg")], this.timed ? ["zoomIn2d", "zoomOut2d", "autoScale2d"] : []],
    };
  }

  save(Plotly, plot, format) {
    const layout = { ...plot.layout, paper_bgcolor: this.content.surface, plot_bgcolor: this.content.surface };
    const size = { width: plot.clientWidth, height: plot.clientHeight };
    Plotly.downloadImage({ data: plot.data, layout }, { format, scale: 2, filename: this.content.name, ...size });
  }

  listen() {
    this.plot.on("plotly_click", (event) => this.clicked(event));
    this.plot.on("plotly_doubleclick", () => this.doubled());
    this.plot.on("plotly_hover", (event) => this.tellLocalTime(event));
    this.plot.on("plotly_unhover", () => (this.local.hidden = true));
    this.plot.on("plotly_relayout", () => this.zoomed());
    this.plot.on("plotly_relayouting", () => this.placeCursor());
    this.plot.on("plotly_afterplot", () => this.placeCursor());
  }

  clicked({ event, points, xvals }) {
    const point = points?.[0];
    if (this.timed) {
      const time = point?.x ?? xvals?.[0];
      if (time !== undefined) this.pickUnlessDoubled({ time: asText(time), open: !event?.shiftKey });
    } else if (point?.customdata !== undefined) {
      this.pick({ item: point.customdata, open: true });
    }
  }

  // A double click leads out of a zoom, so there a single one has to wait for what follows it.
  pickUnlessDoubled(what) {
    if (performance.now() - this.doubledAt < DOUBLE) return;
    clearTimeout(this.waiting);
    if (zoomRange()) this.waiting = setTimeout(() => this.pick(what), DOUBLE);
    else this.pick(what);
  }

  doubled() {
    this.doubledAt = performance.now();
    clearTimeout(this.waiting);
  }

  // Charts are in UTC; a reader elsewhere sees in the corner what their own clock showed.
  tellLocalTime({ points, xvals }) {
    const time = this.timed ? (points?.[0]?.x ?? xvals?.[0]) : undefined;
    const moment = new Date(typeof time === "number" ? time : `${String(time).replace(" ", "T")}Z`);
    this.local.hidden = Number.isNaN(moment.getTime()) || !moment.getTimezoneOffset();
    if (!this.local.hidden) this.local.textContent = moment.toLocaleString([], LOCAL);
  }

  // The reader's zoom is that of the page: the other charts follow at once, the server hears of it a moment later.
  zoomed() {
    if (!this.timed || this.moved) return;
    const axis = this.plot._fullLayout.xaxis;
    this.range = axis.autorange ? null : axis.range.map(asText);
    if (sameRange(this.range, zoomRange())) return;
    const zoom = { range: this.range, turn: `${Date.now()}` };
    window.alphaModelZoom = { ...zoom, patience: performance.now() + PATIENCE };
    window.dispatchEvent(new CustomEvent(ZOOM));
    clearTimeout(window.alphaModelZoomTimer);
    window.alphaModelZoomTimer = setTimeout(() => this.setTriggerValue("zoom", zoom), 120);
  }

  async zoomAlong() {
    const range = zoomRange();
    if (!this.timed || !this.draws || sameRange(range, this.range)) return;
    this.range = range;
    this.moved = true;
    const update = range ? { "xaxis.range": [...range], "xaxis.autorange": false } : { "xaxis.autorange": true };
    await window.Plotly.relayout(this.plot, update);
    this.moved = false;
  }

  pick(what) {
    this.setTriggerValue("pick", what);
  }

  placeCursor() {
    const time = window.alphaModelCursor;
    const layout = this.plot._fullLayout;
    const axis = layout?.xaxis;
    let place = NaN;
    if (this.timed && time && axis?.type === "date") place = axis.d2p(time);
    const seen = place >= -1 && place <= axis._length + 1;
    this.line.hidden = !seen;
    if (!seen) return;
    this.line.style.transform = `translateX(${axis._offset + place}px)`;
    this.line.style.top = `${layout._size.t}px`;
    this.line.style.height = `${layout._size.h}px`;
  }

  fit() {
    const width = this.root.clientWidth;
    if (!this.draws || !width || width === this.width) return;
    this.width = width;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => !this.gone && window.Plotly.Plots.resize(this.plot));
  }

  leave() {
    this.gone = true;
    clearTimeout(this.waiting);
    this.observer.disconnect();
    window.removeEventListener(CURSOR, this.followCursor);
    window.removeEventListener(ZOOM, this.followZoom);
    if (this.draws) window.Plotly.purge(this.plot);
    charts.delete(this.root);
  }
}

// What the time charts of the page show: both ends, or null for all. Plotly gets copies, which it changes.
function zoomRange() {
  return window.alphaModelZoom?.range ?? null;
}

function sameRange(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

// Plotly's times are UTC without saying so: text, or milliseconds.
function asText(time) {
  return typeof time === "number" ? new Date(time).toISOString().replace("T", " ").replace("Z", "") : String(time);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".am-chart");
  if (!charts.has(root)) charts.set(root, new Chart(root));
  const chart = charts.get(root);
  chart.setTriggerValue = setTriggerValue;
  chart.show(data);
  return () => chart.leave();
}
