// The pane of a row: the talk's "OWLD interface": state and history, DAG, commands, full job details, logs.
import { get } from "./api.js";
import { commandBar } from "./commands.js";
import { dagView } from "./dag.js";
import { details } from "./details.js";
import { byId, h, replace } from "./dom.js";
import { duration, mark, number, state } from "./format.js";
import { logView } from "./logs.js";
import { overview } from "./overview.js";
import { provenanceView } from "./provenance.js";
import { onKey } from "./shortcuts.js";
import { start } from "./start.js";

const TABS = [
  ["overview", "State and history"],
  ["dag", "DAG"],
  ["details", "Full Job Details"],
  ["logs", "Logs"],
  ["provenance", "Provenance"],
];
const ALIVE = new Set(["Claimed", "Idle", "Running", "Futile", "Held"]);

export class Pane {
  constructor(place, { onClose = () => {}, alone = false } = {}) {
    Object.assign(this, { place, onClose, alone, tab: "overview", opening: 0 });
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !alone && !event.target.matches("input, select")) this.close();
    });
    if (!alone) onKey("x", () => this.close());
    setInterval(() => this.refresh(), Math.max(2, start.preferences?.refresh || 5) * 1000);
  }

  // What is shown: a job and its start, or a run alone.
  async open({ job = null, startNumber = 0, runId = null, tab = this.tab, focus = true }) {
    this.opening += 1;
    const fresh = this.opening;
    Object.assign(this, { job, startNumber, runId, tab, run: null, execution: null });
    this.returnTo = this.place.contains(document.activeElement) ? this.returnTo : document.activeElement;
    this.place.hidden = false;
    document.body.classList.add("with-pane");
    replace(this.place, h("p", { class: "empty" }, "Loading …"));
    try {
      await this.#load();
    } catch (error) {
      if (fresh === this.opening) replace(this.place, this.#head(error.message, ""), h("p", { class: "empty refused" }, error.message));
      return;
    }
    if (fresh !== this.opening) return;
    this.#build();
    if (focus) this.place.querySelector("h2").focus();
  }

  close() {
    this.opening++;
    this.place.hidden = true;
    document.body.classList.remove("with-pane");
    this.view?.end?.();
    this.view = null;
    this.onClose();
    this.returnTo?.focus?.();
  }

  async refresh() {
    if (this.place.hidden || document.hidden || !this.head) return;
    const before = this.opening;
    try {
      await this.#load();
    } catch {
      return; // the header says what is away
    }
    if (before === this.opening && !this.place.hidden) this.#update();
  }

  async #load() {
    const execution = this.job ? await get(`/executions/${encodeURIComponent(this.job)}/${this.startNumber}`) : null;
    const runId = this.runId ?? execution?.run_id;
    const run = runId ? await get(`/runs/${encodeURIComponent(runId)}`) : null;
    Object.assign(this, { execution, run });
  }

  #build() {
    this.view?.end?.();
    const row = this.execution?.execution;
    this.head = h("div", { class: "pane-state" });
    this.bar = commandBar({ pane: this });
    const tabs = h(
      "div",
      { role: "tablist", "aria-label": "What is shown", class: "tabs" },
      TABS.map(([name, words]) => this.#tab(name, words)),
    );
    this.body = h("div", { class: "pane-body", id: "pane-body", role: "tabpanel", tabindex: "0", "aria-labelledby": `tab-${this.tab}` });
    const title = row ? `${row.process_name ?? "step"} · ${row.dataset ?? ""}` : `${this.run.run.dataset} · ${this.run.run.workflow}`;
    replace(this.place, this.#head(title, row?.global_job_id ?? this.run.run.id), this.head, this.bar, tabs, this.body);
    this.#show();
    this.#update();
  }

  #head(title, under) {
    const link = this.run
      ? `${start.root}/run/${encodeURIComponent(this.run.run.id)}${this.job ? `?job=${encodeURIComponent(this.job)}&start=${this.startNumber}` : ""}`
      : null;
    return h(
      "div",
      { class: "pane-head" },
      h("div", {}, h("h2", { tabindex: "-1" }, title), h("div", { class: "mono muted" }, under)),
      link && !this.alone ? h("a", { class: "button", href: link, title: "A page of its own; its address can be passed on" }, "Open as page") : null,
      this.alone ? null : h("button", { type: "button", class: "ghost close", "aria-label": "Close the pane", on: { click: () => this.close() } }, "×"),
    );
  }

  #tab(name, words) {
    const tab = h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-selected": String(name === this.tab),
        "aria-controls": "pane-body",
        tabindex: name === this.tab ? "0" : "-1",
      },
      words,
    );
    tab.addEventListener("click", () => this.#turn(name));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const at = TABS.findIndex(([one]) => one === this.tab);
      this.#turn(TABS[(at + step + TABS.length) % TABS.length][0]);
      byId(`tab-${this.tab}`).focus();
    });
    return tab;
  }

  #turn(name) {
    this.tab = name;
    for (const tab of this.place.querySelectorAll('[role="tab"]')) {
      const on = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(on));
      tab.setAttribute("tabindex", on ? "0" : "-1");
    }
    this.body.setAttribute("aria-labelledby", `tab-${name}`);
    this.view?.end?.();
    this.#show();
  }

  #show() {
    const make = {
      overview: () => overview(this),
      dag: () => dagView(this),
      details: () => details(this),
      logs: () => logView(this),
      provenance: () => provenanceView(this),
    };
    this.view = make[this.tab]();
    replace(this.body, this.view.element);
    this.view.update();
  }

  #update() {
    const row = this.execution?.execution;
    const run = this.run?.run;
    const facts = [];
    if (row)
      facts.push(
        ["Step", [mark(row.mark), " ", state(row.state, row)]],
        ["Exit code", row.exit_code ?? (row.exit_signal ? `signal ${row.exit_signal}` : "–")],
        ["Duration", duration(row.duration) || "–"],
      );
    if (run) facts.push(["Run", state(run.state)], ["Workflow", run.workflow], ["Priority", number(run.priority)]);
    replace(
      this.head,
      facts.map(([name, value]) => h("span", {}, h("small", {}, name), " ", value)),
    );
    const words = row?.hold_reason || run?.error || row?.exit_reason;
    if (words && (row?.state === "Held" || run?.error)) this.head.append(h("p", { class: "says" }, words));
    this.bar.update();
    this.view?.update();
  }

  // A step of the same run: what a click in the DAG or the history leads to.
  step(job, startNumber, tab = this.tab) {
    return this.open({ job, startNumber, tab });
  }

  get alive() {
    return ALIVE.has(this.run?.run.state);
  }
}
