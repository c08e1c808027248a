// What stands in a cell, by the kind of its column; some columns have a look of their own.
import { duration, mark, number, state, timeElement } from "./format.js";

const ACTIVE = new Set(["Starting", "Running"]);

const KINDS = {
  text: (value) => value ?? "",
  time: timeElement,
  duration: (value, row) => (value === null && ACTIVE.has(row.state) ? running(row) : duration(value)),
  number: (value) => (value === null || value === undefined ? "" : String(value)),
  state: (value, row) => state(value, row),
  mark,
};
const OWN = {
  priority: (row) => number(row.priority),
};

export function cell(column, row) {
  const own = OWN[column.name];
  return own ? own(row) : (KINDS[column.kind] ?? KINDS.text)(row[column.name], row);
}

export function sameCell(column, before, row) {
  if (column.kind === "duration" && row[column.name] === null && ACTIVE.has(row.state)) return false;
  if (column.kind === "state" && before.exit_code !== row.exit_code) return false;
  return before[column.name] === row[column.name];
}

function running(row) {
  if (!row.start_time) return "";
  return `${duration(Math.max(0, (Date.now() - new Date(row.start_time).getTime()) / 1000)).replace(/\.\d+ s/, " s")}…`;
}
