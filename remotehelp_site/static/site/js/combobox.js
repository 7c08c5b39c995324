/** A text field that finds one of many on the server while the person types. Without script the server finds on sending. */

const PAUSE = 150; // ms without a key, before the server is asked

function optionOf(found, id) {
  const option = document.createElement("li");
  option.id = id;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.value = found.value;
  option.dataset.label = found.label;
  option.append(found.label);
  if (found.note) {
    const note = document.createElement("small");
    note.textContent = found.note;
    option.append(" ", note);
  }
  return option;
}

class Combobox {
  constructor(box) {
    this.box = box;
    this.said = box.querySelector("[data-combobox-said]");
    this.was = box.querySelector("[data-combobox-was]");
    this.list = box.querySelector("[data-combobox-options]");
    this.status = box.querySelector("[data-combobox-status]");
    this.turn = 0;
    this.active = -1;
    const { said } = this;
    said.setAttribute("role", "combobox");
    said.setAttribute("aria-autocomplete", "list");
    said.setAttribute("aria-expanded", "false");
    said.setAttribute("aria-controls", this.list.id);
    said.addEventListener("input", () => this.changed());
    said.addEventListener("keydown", (event) => this.key(event));
    said.addEventListener("click", () => this.isOpen || this.ask());
    said.addEventListener("blur", () => this.close());
    // The field keeps the focus, so that nothing is lost before the option is taken.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get value() {
    return this.box.querySelector("[data-combobox-value]") ?? this.makeValue();
  }

  /** In the place of the options that the server offered, from which nothing was chosen. */
  makeValue() {
    const input = document.createElement("input");
    input.type = "hidden";
    const offered = this.box.querySelector("[data-combobox-several]");
    input.name = offered.querySelector("input").name;
    input.dataset.comboboxValue = "";
    offered.replaceWith(input);
    return input;
  }

  changed() {
    this.value.value = "";
    this.was.value = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    // What was chosen is no search: all are offered again.
    const words = this.value.value ? "" : this.said.value;
    try {
      const answer = await fetch(`${this.box.dataset.combobox}?q=${encodeURIComponent(words)}`);
      if (!answer.ok || turn !== this.turn || document.activeElement !== this.said) return;
      const { options, status } = await answer.json();
      this.list.replaceChildren(...options.map((found, at) => optionOf(found, `${this.list.id}_${at}`)));
      this.status.textContent = status;
      this.activate(-1);
      this.show(options.length > 0);
    } catch {
      // Without a connection nothing is offered; sending the form will say so.
    }
  }

  show(isOpen) {
    this.list.hidden = !isOpen;
    this.said.setAttribute("aria-expanded", String(isOpen));
  }

  close() {
    this.turn += 1;
    clearTimeout(this.timer);
    this.activate(-1);
    this.show(false);
  }

  activate(at) {
    const options = [...this.list.children];
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    this.active = at;
    if (at < 0) {
      this.said.removeAttribute("aria-activedescendant");
      return;
    }
    this.said.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  }

  choose(option) {
    if (!option) return;
    this.value.value = option.dataset.value;
    this.said.value = this.was.value = option.dataset.label;
    this.status.textContent = option.dataset.label;
    this.close();
    this.said.dispatchEvent(new Event("change", { bubbles: true }));
  }

  key(event) {
    const { length } = this.list.children;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) this.ask();
      else if (event.key === "ArrowDown") this.activate((this.active + 1) % length);
      else this.activate(this.active > 0 ? this.active - 1 : length - 1);
    } else if (event.key === "Enter" && this.isOpen && this.active >= 0) {
      event.preventDefault(); // takes the option, and does not send the form
      this.choose(this.list.children[this.active]);
    } else if (event.key === "Escape" && (this.isOpen || this.said.value)) {
      event.preventDefault();
      if (this.isOpen) this.close();
      else {
        this.said.value = "";
        this.changed();
      }
    }
  }
}

export function init(root) {
  for (const box of root.querySelectorAll("[data-combobox]")) new Combobox(box);
}
