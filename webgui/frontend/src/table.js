// A table whose rows the server filters, sorts and pages. Its state is the page's address, so a link shows the same.
// Refreshing keeps the place, the focus and the selection: rows are the same elements, and only what differs changes.
import { get } from "./api.js";
import { cell, sameCell } from "./cells.js";
import { h, later, notice, replace } from "./dom.js";
import { filterInput, showFilter } from "./filters.js";
import { number } from "./format.js";
import { onKey } from "./shortcuts.js";
import { start } from "./start.js";
import { TableState } from "./tablestate.js";

const LARGEST_OFFSET_TOLD = 100_000;

export class DataTable {
  // place: the element of the macro `data_table`; path: the API's; first: a page of rows that is there already.
  constructor({ place, table, path, first = null, onOpen = null, onSelect = () => {}, label = null, extra = () => ({}), flat = (page) => page, cells = {} }) {
    Object.assign(this, { place, table, path, onOpen, onSelect, extra, flat, own: cells });
    this.label = label ?? ((row) => table.key.map((name) => row[name]).join(" "));
    this.state = new TableState(table);
    this.rows = new Map(); // key → { row, element, cells }
    this.selected = new Map(); // key → row, on whatever page it stands
    this.allMatching = false;
    this.total = 0;
    this.asked = 0;
    this.#build();
    if (first) this.#show(first);
    else this.refresh();
    this.#schedule();
  }

  key(row) {
    return this.table.key.map((name) => row[name]).join("\u0000");
  }

  // The filters, search and order as the API takes them, without the page.
  query() {
    return { ...this.state.query(), ...this.extra() };
  }

  async refresh() {
    const asked = ++this.asked;
    this.place.setAttribute("aria-busy", "true");
    try {
      const page = await get(this.path, { ...this.query(), ...this.state.window() });
      if (asked === this.asked) this.#show(this.flat(page));
    } catch (error) {
      if (error.status === 400) this.#refuse(error.message);
      else if (error.status !== 503 && error.status !== 0) notice(error.message, "error");
    } finally {
      if (asked === this.asked) this.place.removeAttribute("aria-busy");
    }
  }

  selectPage(on) {
    for (const [key, one] of this.rows) this.#mark(key, one, on);
    this.allMatching = false;
    this.#tellSelection();
  }

  clearSelection() {
    this.selected.clear();
    this.selectPage(false);
  }

  selectAllMatching() {
    this.selectPage(true);
    this.allMatching = true;
    this.#tellSelection();
  }

  #build() {
    this.words = this.place.querySelector("[data-words]");
    this.head = h("thead");
    this.body = h("tbody");
    this.grid = h("table", { class: "grid" }, h("caption", { class: "hidden" }, this.place.dataset.caption ?? ""), this.head, this.body);
    replace(this.place.querySelector("[data-grid]"), this.grid);
    this.#buildHead();
    this.#wireToolbar();
    this.#wireRows();
    addEventListener("popstate", () => {
      this.state.read();
      this.#buildHead();
      this.#syncToolbar();
      this.refresh();
    });
    onKey("r", () => this.refresh());
  }

  #changed({ head = false } = {}) {
    this.state.write();
    if (head) this.#buildHead();
    else for (const [name, input] of this.inputs) showFilter(input, this.state.filters[name] ?? "");
    this.#syncToolbar();
    this.allMatching = false;
    this.refresh();
  }

  #buildHead() {
    const columns = this.state.visible();
    this.inputs = new Map();
    const box = h("input", { type: "checkbox", "aria-label": "Select all rows of this page", data: { all: "" } });
    box.addEventListener("change", () => this.selectPage(box.checked));
    const headings = columns.map((one) => h("th", { scope: "col", class: `k-${one.kind}`, data: { column: one.name } }, this.#heading(one)));
    const filters = columns.map((one) => h("td", { class: `k-${one.kind}` }, this.#filter(one)));
    const open = this.onOpen ? [h("th", { scope: "col", class: "narrow" }, h("span", { class: "hidden" }, "Open"))] : [];
    replace(
      this.head,
      h("tr", {}, h("th", { scope: "col", class: "narrow" }, box), open, headings),
      h("tr", { class: "filters" }, h("td", { class: "narrow" }), open.length ? h("td", { class: "narrow" }) : null, filters),
    );
    for (const one of this.rows.values()) one.element.remove();
    this.rows.clear();
    this.#sortMarks();
    if (this.page) this.#show(this.page);
  }

  #heading(one) {
    if (!one.sort) return one.heading;
    const button = h(
      "button",
      { type: "button", class: "sort", title: "Sort; with Shift besides what it is sorted by already" },
      one.heading,
      h("span", { class: "arrow", "aria-hidden": "true" }),
    );
    button.addEventListener("click", (event) => {
      this.state.toggleSort(one.name, event.shiftKey);
      this.#changed();
      this.#sortMarks();
    });
    return button;
  }

  #sortMarks() {
    for (const th of this.head.querySelectorAll("th[data-column]")) {
      const at = this.state.sort.findIndex((one) => one.name === th.dataset.column);
      const arrow = th.querySelector(".arrow");
      if (!arrow) continue;
      if (at < 0) th.removeAttribute("aria-sort");
      else th.setAttribute("aria-sort", this.state.sort[at].descending ? "descending" : "ascending");
      const several = this.state.sort.length > 1 ? String(at + 1) : "";
      arrow.textContent = at < 0 ? "" : `${this.state.sort[at].descending ? "▼" : "▲"}${several}`;
    }
  }

  #filter(one) {
    if (!one.filter) return "";
    const input = filterInput(one, (value) => {
      this.state.setFilter(one.name, value);
      this.#changed();
    });
    showFilter(input, this.state.filters[one.name] ?? "");
    this.inputs.set(one.name, input);
    return input;
  }

  #wireToolbar() {
    const actions = {
      "select-all": () => this.selectPage(true),
      "deselect-all": () => this.clearSelection(),
      "select-matching": () => this.selectAllMatching(),
      "clear-filters": () => {
        this.state.clear();
        this.#changed();
      },
      refresh: () => this.refresh(),
      first: () => this.#turn(-Infinity),
      previous: () => this.#turn(-1),
      next: () => this.#turn(1),
    };
    this.place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      if (button) actions[button.dataset.action]?.();
    });
    this.search = this.place.querySelector("[data-search]");
    this.search?.addEventListener(
      "input",
      later(() => {
        this.state.search = this.search.value;
        this.state.page = 0;
        this.#changed();
      }, 250),
    );
    const rows = this.place.querySelector("[data-rows]");
    rows?.addEventListener("change", () => {
      this.state.rows = Number(rows.value);
      this.state.page = 0;
      this.#changed();
    });
    this.live = this.place.querySelector("[data-live]");
    this.live?.addEventListener("change", () => this.#schedule());
    this.#buildColumns();
    this.#syncToolbar();
  }

  #syncToolbar() {
    if (this.search && this.search.value !== this.state.search) this.search.value = this.state.search;
    const rows = this.place.querySelector("[data-rows]");
    if (rows) rows.value = String(this.state.rows);
  }

  #buildColumns() {
    const menu = this.place.querySelector("[data-columns]");
    if (!menu) return;
    const shown = new Set(this.state.visible().map((one) => one.name));
    replace(
      menu,
      this.table.columns.map((one) => {
        const box = h("input", { type: "checkbox", checked: shown.has(one.name) });
        box.addEventListener("change", () => {
          this.state.toggleColumn(one.name, box.checked);
          this.#changed({ head: true });
        });
        return h("label", {}, box, one.heading);
      }),
    );
  }

  #wireRows() {
    this.body.addEventListener("dblclick", (event) => {
      getSelection()?.removeAllRanges(); // the browser has marked the word
      this.#openFrom(event.target);
    });
    this.body.addEventListener("click", (event) => {
      if (event.target.closest("[data-open]")) this.#openFrom(event.target);
    });
    this.body.addEventListener("change", (event) => {
      if (!event.target.matches("[data-select]")) return;
      const key = event.target.closest("tr").dataset.key;
      this.allMatching = false;
      this.#mark(key, this.rows.get(key), event.target.checked);
      this.#tellSelection();
    });
    this.body.addEventListener("focusin", (event) => this.#rove(event.target.closest("tr")));
    this.body.addEventListener("keydown", (event) => this.#key(event));
  }

  #openFrom(target) {
    const one = this.rows.get(target.closest("tr")?.dataset.key);
    if (one && this.onOpen) this.onOpen(one.row, one.element);
  }

  #key(event) {
    const tr = event.target.closest("tr");
    if (event.target !== tr) return;
    const to = { ArrowDown: tr.nextElementSibling, ArrowUp: tr.previousElementSibling, Home: this.body.firstElementChild, End: this.body.lastElementChild }[
      event.key
    ];
    if (to) to.focus();
    else if (event.key === "Enter") this.#openFrom(tr);
    else if (event.key === " ") {
      const key = tr.dataset.key;
      this.#mark(key, this.rows.get(key), !this.selected.has(key));
      this.#tellSelection();
    } else return;
    event.preventDefault();
  }

  #rove(tr) {
    if (!tr) return;
    this.body.querySelector('tr[tabindex="0"]')?.setAttribute("tabindex", "-1");
    tr.setAttribute("tabindex", "0");
  }

  #turn(pages) {
    this.state.page = Math.max(0, pages === -Infinity ? 0 : this.state.page + pages);
    this.#changed();
    this.place.querySelector("[data-grid]").scrollTop = 0;
  }

  #show(page) {
    this.page = page;
    this.total = page.total;
    const columns = this.state.visible();
    const old = this.rows;
    this.rows = new Map();
    let at = this.body.firstElementChild;
    for (const row of page.rows) {
      const key = this.key(row);
      const one = old.get(key) ?? this.#newRow(key, columns.length);
      old.delete(key);
      this.#update(one, row, columns);
      this.rows.set(key, one);
      if (one.element === at) at = at.nextElementSibling;
      else this.body.insertBefore(one.element, at);
      if (this.selected.has(key)) this.selected.set(key, row);
      this.#paint(one, this.selected.has(key) || this.allMatching);
    }
    for (const gone of old.values()) gone.element.remove();
    if (!this.body.querySelector('tr[tabindex="0"]')) this.body.firstElementChild?.setAttribute("tabindex", "0");
    this.#tellPage(page);
    this.#tellSelection();
  }

  #newRow(key, count) {
    const box = h("input", { type: "checkbox", data: { select: "" } });
    const open = this.onOpen ? h("button", { type: "button", class: "ghost open", data: { open: "" } }, "›") : null;
    const cells = Array.from({ length: count }, () => h("td"));
    const element = h("tr", { tabindex: "-1", data: { key } }, h("td", { class: "narrow" }, box), open ? h("td", { class: "narrow" }, open) : null, cells);
    return { element, box, open, cells, row: null };
  }

  #update(one, row, columns) {
    const before = one.row;
    one.row = row;
    if (!before) {
      one.box.setAttribute("aria-label", `Select ${this.label(row)}`);
      one.open?.setAttribute("aria-label", `Open ${this.label(row)}`);
    }
    columns.forEach((column, index) => {
      const own = this.own[column.name];
      if (before && (own ? JSON.stringify(before[column.name]) === JSON.stringify(row[column.name]) : sameCell(column, before, row))) return;
      const td = one.cells[index];
      td.className = `k-${column.kind} c-${column.name}`;
      td.title = typeof row[column.name] === "string" && column.kind === "text" ? row[column.name] : "";
      replace(td, own ? own(row) : cell(column, row));
      if (before) {
        td.classList.add("changed");
        setTimeout(() => td.classList.remove("changed"), 1600);
      }
    });
  }

  #mark(key, one, on) {
    if (on) this.selected.set(key, one.row);
    else this.selected.delete(key);
    this.#paint(one, on);
  }

  #paint(one, on) {
    one.box.checked = on;
    one.element.classList.toggle("selected", on);
  }

  #tellPage(page) {
    const from = page.rows.length ? page.offset + 1 : 0;
    const more = page.exact ? number(page.total) : `more than ${number(page.total)}`;
    this.words.className = "";
    this.words.textContent = `${number(from)}–${number(page.offset + page.rows.length)} of ${more}`;
    const last = page.exact ? page.offset + page.rows.length >= page.total : page.rows.length < page.limit;
    this.place.querySelector('[data-action="previous"]').disabled = page.offset === 0;
    this.place.querySelector('[data-action="first"]').disabled = page.offset === 0;
    this.place.querySelector('[data-action="next"]').disabled = last || page.offset > LARGEST_OFFSET_TOLD * 100;
    this.place.querySelector("[data-empty]").hidden = page.rows.length > 0;
  }

  #refuse(words) {
    this.words.className = "refused";
    this.words.textContent = words;
  }

  #tellSelection() {
    const whole = this.rows.size > 0 && [...this.rows.keys()].every((key) => this.selected.has(key));
    const box = this.head.querySelector("[data-all]");
    if (box) {
      box.checked = whole;
      box.indeterminate = !whole && this.selected.size > 0;
    }
    const offer = this.place.querySelector("[data-matching]");
    if (offer) {
      const more = whole && !this.allMatching && (!this.page?.exact || this.total > this.rows.size);
      offer.hidden = !more;
      offer.textContent = `Select all ${this.page?.exact ? number(this.total) : `more than ${number(this.total)}`} that match`;
    }
    this.onSelect(this.selection());
  }

  selection() {
    const count = this.allMatching ? this.total : this.selected.size;
    return { count, exact: !this.allMatching || this.page.exact, all: this.allMatching, rows: [...this.selected.values()], query: this.query() };
  }

  // The next refresh begins when the last has ended, and none while nobody looks.
  #schedule() {
    clearTimeout(this.timer);
    const seconds = this.live ? Number(this.live.value) : (start.preferences?.refresh ?? 5);
    if (!seconds) return;
    this.timer = setTimeout(async () => {
      if (!document.hidden) await this.refresh();
      this.#schedule();
    }, seconds * 1000);
  }
}
