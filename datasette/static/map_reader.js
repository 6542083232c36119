/* Names the region of a map under the mouse, with its figure; on a touch screen the first tap does that, and the second
   follows the link of the region, as one click of a mouse does. It is an extra: the list beside the map has it all. */
class MapReader {
  constructor(map) {
    this.map = map;
    this.box = document.createElement("output");
    this.box.className = "read";
    this.box.hidden = true;
    map.after(this.box);
    map.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.point(event));
    map.addEventListener("pointerdown", (event) => (this.pointer = event.pointerType));
    map.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.leave());
    map.addEventListener("click", (event) => this.tap(event));
    document.addEventListener("pointerdown", (event) => map.contains(event.target) || this.leave());
  }

  point(event) {
    const region = event.target.closest("a");
    region ? this.show(region, event) : this.leave();
  }

  tap(event) {
    const region = event.target.closest("a");
    if (!region || this.pointer !== "touch" || region === this.region) return;
    event.preventDefault();
    this.show(region, event, this.map.dataset.again);
  }

  show(region, { clientX, clientY }, more = "") {
    if (region !== this.region) {
      this.region?.classList.remove("pointed");
      region.classList.add("pointed");
      this.region = region;
      this.box.replaceChildren(...[region.querySelector("title").textContent, more].filter(Boolean).map(line));
      this.box.hidden = false;
    }
    const map = this.map.getBoundingClientRect(), around = this.box.offsetParent.getBoundingClientRect();
    const room = map.width - this.box.offsetWidth, left = clientX - map.left + 16;
    const x = left > room ? left - this.box.offsetWidth - 32 : left;
    const y = Math.max(0, clientY - map.top - this.box.offsetHeight - 10);
    this.box.style.left = `${map.left - around.left + Math.max(0, Math.min(x, room))}px`;
    this.box.style.top = `${map.top - around.top + y}px`;
  }

  leave() {
    this.region?.classList.remove("pointed");
    this.region = null;
    this.box.hidden = true;
  }
}

function line(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

for (const map of document.querySelectorAll("svg[data-again]")) new MapReader(map);
