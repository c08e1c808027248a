// Logs of a run: which there are, their ends, following them, search, download.
import { get, link } from "./api.js";
import { h, replace } from "./dom.js";
import { bytes } from "./format.js";

const KINDS = { out: "Job output", err: "Job errors", events: "Event log", dagman: "DAGMan", submit: "Rendered files", other: "Other files" };
const MOST_LINES = 20_000;

export function logView(pane) {
  return new LogView(pane);
}

class LogView {
  constructor(pane) {
    this.pane = pane;
    this.files = h("select", { "aria-label": "File", on: { change: () => this.#choose(this.files.value) } });
    this.follow = h("input", { type: "checkbox", checked: true });
    this.words = h("input", {
      type: "search",
      placeholder: "Search in the file",
      "aria-label": "Search in the file",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.words.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#search();
    });
    this.download = h("a", { class: "button", download: true }, "Download");
    this.status = h("span", { class: "muted", role: "status" });
    this.text = h("pre", { class: "log", tabindex: "0", "aria-label": "Log" });
    this.hits = h("ol", { class: "hits", hidden: true });
    this.earlier = h("button", { type: "button", class: "link", on: { click: () => this.#earlier() } }, "Show what stands before");
    const find = h("button", { type: "button", on: { click: () => this.#search() } }, "Search");
    this.element = h(
      "div",
      { class: "logs" },
      h("div", { class: "line" }, this.files, this.words, find, h("label", {}, this.follow, " Follow"), this.download),
      h("div", { class: "line" }, this.earlier, this.status),
      this.hits,
      this.text,
    );
    this.name = null;
    this.#list();
  }

  update() {
    if (this.follow.checked && this.name) this.#more();
  }

  get #path() {
    return `/runs/${encodeURIComponent(this.pane.run.run.id)}/files`;
  }

  async #list() {
    if (!this.pane.run) return this.#say("There is no run, so no files.");
    let found;
    try {
      found = await get(this.#path);
    } catch (error) {
      return this.#say(error.message);
    }
    if (!found.length) return this.#say("There is no file in the run's directory yet.");
    const groups = Object.entries(KINDS).map(([kind, words]) => {
      const some = found.filter((one) => one.kind === kind);
      return some.length
        ? h(
            "optgroup",
            { label: words },
            some.map((one) => h("option", { value: one.name }, `${one.step ? `${one.step}: ` : ""}${one.name} (${bytes(one.size)})`)),
          )
        : null;
    });
    replace(this.files, groups);
    const step = this.pane.execution?.execution.process_name;
    const failed = this.pane.execution?.execution.mark === "bad";
    const mine = found.filter((one) => one.step === step && one.size > 0);
    const first = mine.find((one) => one.kind === (failed ? "err" : "out")) ?? mine[0] ?? found.find((one) => one.size > 0) ?? found[0];
    this.files.value = first.name;
    return this.#choose(first.name);
  }

  async #choose(name) {
    this.name = name;
    this.hits.hidden = true;
    this.download.href = link(`${this.#path}/download`, { name });
    try {
      this.#fill(await get(`${this.#path}/tail`, { name, lines: 500 }));
    } catch (error) {
      this.#say(error.message);
    }
  }

  #fill(part) {
    this.from = part.start;
    this.to = part.end;
    this.text.textContent = part.text;
    this.text.scrollTop = this.text.scrollHeight;
    this.#tell(part);
  }

  async #more() {
    if (this.asking) return;
    this.asking = true;
    const name = this.name;
    try {
      const part = await get(`${this.#path}/part`, { name, start: this.to });
      if (name !== this.name) return;
      if (part.size < this.to) return await this.#choose(name); // it was begun anew
      if (part.text) {
        const low = this.text.scrollHeight - this.text.scrollTop - this.text.clientHeight < 40;
        this.text.append(part.text);
        this.#trim();
        if (low) this.text.scrollTop = this.text.scrollHeight;
      }
      this.to = part.end;
      this.#tell(part);
    } catch (error) {
      if (error.status === 404) this.#say(error.message);
    } finally {
      this.asking = false;
    }
  }

  async #earlier() {
    const part = await get(`${this.#path}/before`, { name: this.name, end: this.from });
    const height = this.text.scrollHeight;
    this.text.prepend(part.text);
    this.text.scrollTop += this.text.scrollHeight - height;
    this.from = part.start;
    this.#tell(part);
  }

  async #search() {
    const words = this.words.value;
    this.hits.hidden = words === "";
    if (!words) return;
    try {
      const found = await get(`${this.#path}/search`, { name: this.name, words });
      const rows = found.hits.map((hit) =>
        h("li", { value: String(hit.line) }, h("button", { type: "button", class: "link mono", on: { click: () => this.#jump(hit) } }, hit.text || " ")),
      );
      replace(
        this.hits,
        rows.length ? rows : h("li", {}, "Nothing found."),
        found.whole ? null : h("li", {}, "There is more; search for something longer, or download the file."),
      );
    } catch (error) {
      replace(this.hits, h("li", { class: "refused" }, error.message));
    }
  }

  async #jump(hit) {
    this.follow.checked = false;
    const part = await get(`${this.#path}/part`, { name: this.name, start: hit.start });
    const [first, ...rest] = part.text.split("\n");
    this.from = part.start;
    this.to = part.end;
    replace(this.text, h("mark", {}, first), "\n", rest.join("\n"));
    this.text.scrollTop = 0;
    this.#tell(part);
  }

  #trim() {
    const lines = this.text.textContent.split("\n");
    if (lines.length > MOST_LINES) this.text.textContent = lines.slice(-MOST_LINES).join("\n");
  }

  #tell(part) {
    this.earlier.hidden = this.from === 0;
    this.status.textContent =
      part.size === 0 ? "The file is empty." : `bytes ${this.from.toLocaleString("en")}–${this.to.toLocaleString("en")} of ${part.size.toLocaleString("en")}`;
  }

  #say(words) {
    this.status.textContent = words;
    this.earlier.hidden = true;
    this.text.textContent = "";
  }
}
