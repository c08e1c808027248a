// What a table shows: filters, search, order, page and columns; kept in the page's address.

import { post } from "./api.js";
import { later } from "./dom.js";
import { start } from "./start.js";

const OTHER = new Set(["sort", "q", "page", "rows", "cols"]);
const keepColumns = later((table, names) => {
  start.preferences.columns = { ...start.preferences.columns, [table]: names };
  post("/me/preferences", { columns: start.preferences.columns }).catch(() => {});
}, 800);

export class TableState {
  constructor(table) {
    this.table = table;
    this.read();
  }

  read() {
    const given = new URLSearchParams(location.search);
    const known = new Set(this.table.columns.filter((one) => one.filter).map((one) => one.name));
    this.others = [...given].filter(([name]) => !known.has(name) && !OTHER.has(name));
    this.filters = Object.fromEntries([...given].filter(([name, value]) => known.has(name) && value !== ""));
    this.search = given.get("q") ?? "";
    this.sort = (given.get("sort") ?? this.table.sort)
      .split(",")
      .filter(Boolean)
      .map((word) => ({ name: word.replace(/^-/, ""), descending: word.startsWith("-") }));
    this.rows = Number(given.get("rows")) || start.preferences?.rows || 50;
    this.page = Math.max(0, (Number(given.get("page")) || 1) - 1);
    const chosen = given.get("cols")?.split(",") ?? start.preferences?.columns?.[this.table.name];
    const all = this.table.columns;
    this.columns = new Set(chosen ?? all.filter((one) => one.shown).map((one) => one.name));
    if (!all.some((one) => this.columns.has(one.name))) this.columns = new Set(all.map((one) => one.name));
  }

  write() {
    const words = new URLSearchParams(this.others);
    for (const [name, value] of Object.entries(this.filters)) words.set(name, value);
    if (this.search) words.set("q", this.search);
    if (this.order() !== this.table.sort) words.set("sort", this.order());
    if (this.rows !== (start.preferences?.rows ?? 50)) words.set("rows", this.rows);
    if (this.page) words.set("page", this.page + 1);
    if (this.columnsChanged())
      words.set(
        "cols",
        this.visible()
          .map((one) => one.name)
          .join(","),
      );
    const text = words.toString();
    history.replaceState(null, "", text ? `?${text}` : location.pathname);
  }

  columnsChanged() {
    const usual = start.preferences?.columns?.[this.table.name] ?? this.table.columns.filter((one) => one.shown).map((one) => one.name);
    return usual.length !== this.columns.size || usual.some((name) => !this.columns.has(name));
  }

  order() {
    return this.sort.map((one) => (one.descending ? "-" : "") + one.name).join(",");
  }

  query() {
    const query = { ...this.filters };
    if (this.search) query.q = this.search;
    if (this.sort.length) query.sort = this.order();
    return query;
  }

  window() {
    return { limit: this.rows, offset: this.page * this.rows };
  }

  visible() {
    return this.table.columns.filter((one) => this.columns.has(one.name));
  }

  setFilter(name, value) {
    if (value === "") delete this.filters[name];
    else this.filters[name] = value;
    this.page = 0;
  }

  clear() {
    this.filters = {};
    this.search = "";
    this.page = 0;
  }

  // A click sorts by this column alone, a second turns it round, a third ends it; Shift keeps the others.
  toggleSort(name, several) {
    const mine = this.sort.find((one) => one.name === name);
    const rest = several ? this.sort.filter((one) => one.name !== name) : [];
    if (!mine) this.sort = [...rest, { name, descending: false }];
    else if (!mine.descending) this.sort = several ? this.sort.map((one) => (one === mine ? { name, descending: true } : one)) : [{ name, descending: true }];
    else this.sort = rest;
    this.page = 0;
  }

  toggleColumn(name, on) {
    if (on) this.columns.add(name);
    else if (this.columns.size > 1) this.columns.delete(name);
    keepColumns(
      this.table.name,
      this.visible().map((one) => one.name),
    );
  }
}
