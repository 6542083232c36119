/* Suggests what may be meant while a reader types in a search field: a combobox with a list, as the ARIA practices have
   it. It is an extra: without it the field is a form, and so it is for who presses Enter without having chosen. */
const SHORTEST = 2;
const PAUSE = 120;

class Suggestions {
  constructor(form, number) {
    this.field = form.querySelector("input[name=q]");
    this.list = Object.assign(document.createElement("ul"), { id: `suggestions-${number}`, className: "suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", form.dataset.suggestions);
    this.source = `${form.getAttribute("action").replace(/\/$/, "")}/suggestions.json`;
    this.chosen = -1;
    /* A field for searching may not have another role. */
    this.field.type = "text";
    this.field.enterKeyHint = "search";
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id }))
      this.field.setAttribute(name, value);
    this.field.parentElement.append(this.list);
    this.field.addEventListener("input", () => this.wait());
    this.field.addEventListener("keydown", (event) => this.press(event));
    this.field.addEventListener("blur", () => this.close());
    /* The field keeps the focus, or the list would be gone before the click. */
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.open(event.target.closest("[role=option]")));
  }

  wait() {
    clearTimeout(this.pause);
    this.asked?.abort();
    const typed = this.field.value.trim();
    if (typed.length < SHORTEST) return this.close();
    this.pause = setTimeout(() => this.ask(typed), PAUSE);
  }

  async ask(typed) {
    this.asked = new AbortController();
    try {
      const answer = await fetch(`${this.source}?${new URLSearchParams({ q: typed })}`, { signal: this.asked.signal });
      if (answer.ok) this.show((await answer.json()).suggestions);
    } catch {
      /* Asked again meanwhile, or not reached: the form is still there. */
    }
  }

  show(found) {
    this.close();
    if (!found.length || document.activeElement !== this.field) return;
    this.list.replaceChildren(...found.map((each, place) => this.option(each, place)));
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
  }

  option({ words, kind, url }, place) {
    const option = Object.assign(document.createElement("li"), { id: `${this.list.id}-${place}`, textContent: words });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.url = url;
    option.append(" ", Object.assign(document.createElement("span"), { className: "detail", textContent: kind }));
    return option;
  }

  press(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key in steps && !this.list.hidden) {
      event.preventDefault();
      this.choose(this.chosen + steps[event.key]);
    } else if (event.key === "Enter" && this.chosen >= 0) {
      event.preventDefault();
      this.open(this.list.children[this.chosen]);
    }
  }

  /* Before the first and after the last is the field itself. */
  choose(place) {
    const options = [...this.list.children];
    this.chosen = place < -1 ? options.length - 1 : place >= options.length ? -1 : place;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.chosen)));
    const option = options[this.chosen];
    option ? this.field.setAttribute("aria-activedescendant", option.id) : this.field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  open(option) {
    if (option) location.assign(option.dataset.url);
  }

  close() {
    this.list.hidden = true;
    this.list.replaceChildren();
    this.chosen = -1;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

[...document.querySelectorAll("form[data-suggestions]")].forEach((form, number) => new Suggestions(form, number));
