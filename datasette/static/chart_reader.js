/* Reads a chart aloud and in place: the figures of the period under the mouse or a finger, or chosen with the arrow keys.
   Charts side by side are one stop of the Tab key: arrows up and down go from one to the next.
   It is an extra. What it shows is in the data that the server put beside the chart, and in the table on the page. */
const SVG = "http://www.w3.org/2000/svg";
const ALL = "svg.chart:has(+ script.reading)";
const STEPS = { ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 0, End: () => Infinity };
const MOVES = { ArrowUp: -1, ArrowDown: 1 };

function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function worded(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

class ChartReader {
  constructor(chart, { top, bottom, help, periods }) {
    Object.assign(this, { chart, top, bottom, periods, at: null });
    this.cross = drawn("g", { class: "cross", "aria-hidden": "true" });
    chart.append(this.cross);
    this.box = worded("output", "read", "");
    this.box.hidden = true;
    chart.nextElementSibling.after(this.box);
    this.beside = [...(chart.closest(".multiples")?.querySelectorAll(ALL) ?? [chart])];
    chart.tabIndex = this.beside[0] === chart ? 0 : -1;
    chart.setAttribute("aria-description", help);
    for (const kind of ["pointermove", "pointerdown"]) chart.addEventListener(kind, (event) => this.point(event));
    chart.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.leave());
    chart.addEventListener("blur", () => this.leave());
    chart.addEventListener("keydown", (event) => this.press(event));
  }

  get scale() {
    return this.chart.viewBox.baseVal.width / this.chart.getBoundingClientRect().width;
  }

  point(event) {
    const x = (event.clientX - this.chart.getBoundingClientRect().left) * this.scale;
    const far = this.periods.map((period) => Math.abs(period.x - x));
    this.show(far.indexOf(Math.min(...far)));
  }

  press(event) {
    if (event.key === "Escape") this.leave();
    if (MOVES[event.key]) this.move(MOVES[event.key], event);
    if (!STEPS[event.key]) return;
    event.preventDefault();
    const wanted = STEPS[event.key](this.at ?? this.periods.length);
    this.show(Math.max(0, Math.min(wanted, this.periods.length - 1)));
  }

  move(by, event) {
    // On a phone a list has its first charts only, until it is unfolded.
    const shown = this.beside.filter((chart) => chart.getClientRects().length);
    const next = shown[shown.indexOf(this.chart) + by];
    if (!next) return;
    event.preventDefault();
    this.chart.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  show(at) {
    if (at === this.at) return;
    this.at = at;
    const { x, period, figures } = this.periods[at];
    this.cross.replaceChildren(drawn("path", { class: "cross-line", d: `M${x} ${this.top}V${this.bottom}` }));
    const rows = figures.map((figure) => {
      this.cross.append(drawn("circle", { class: figure.style, cx: x, cy: figure.y, r: 6 }));
      const row = worded("span", `row ${figure.style}`, "");
      if (figure.name) row.append(worded("span", "name", `${figure.name} `));
      row.append(worded("strong", "", figure.value));
      return row;
    });
    this.box.replaceChildren(worded("span", "period", period), ...rows);
    this.box.hidden = false;
    this.place(x);
  }

  /* Beside the line, on the side that has room for it; below the chart if neither has, so that all of it stays in sight. */
  place(x) {
    const chart = this.chart.getBoundingClientRect(), around = this.box.offsetParent.getBoundingClientRect();
    const wide = this.box.getBoundingClientRect().width, from = x / this.scale, room = chart.width - wide;
    const left = from > chart.width / 2 ? from - wide - 14 : from + 14;
    this.box.style.left = `${chart.left - around.left + Math.max(0, Math.min(left, room))}px`;
    const top = 2 * (wide + 14) < chart.width ? this.top / this.scale : chart.height;
    this.box.style.top = `${chart.top - around.top + top}px`;
  }

  leave() {
    this.at = null;
    this.cross.replaceChildren();
    this.box.hidden = true;
  }
}

for (const chart of document.querySelectorAll(ALL)) {
  new ChartReader(chart, JSON.parse(chart.nextElementSibling.textContent));
}
