// How values look: times in UTC or local, durations, numbers, states.
import { h } from "./dom.js";
import { start } from "./start.js";

const two = (number) => String(number).padStart(2, "0");
const LOCAL = () => start.preferences?.times === "local";

export function time(text) {
  if (!text) return "";
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return String(text);
  return LOCAL() ? local(at) : utc(at);
}

export function utc(at) {
  return at.toISOString().slice(0, 19).replace("T", " ");
}

function local(at) {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function timeElement(text) {
  if (!text) return "";
  const other = LOCAL() ? `${utc(new Date(text))} UTC` : `${local(new Date(text))} local`;
  return h("time", { datetime: text, title: other }, time(text));
}

// 30.84 as the talk shows it; minutes and hours where seconds say nothing.
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d ${two(Math.floor((whole % 86400) / 3600))}h`;
}

export function ago(text) {
  const seconds = (Date.now() - new Date(text).getTime()) / 1000;
  return seconds < 1 ? "now" : `${duration(Math.max(0, seconds)).replace(/\.\d+ s/, " s")} ago`;
}

export const number = (value) => (value === null || value === undefined ? "" : value.toLocaleString("en"));

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toPrecision(3)} ${unit}`;
}

// What a state means at one look; the word itself always stands beside the colour.
const TONES = {
  Waiting: "idle", Claimed: "idle", Active: "run", Done: "good", Failed: "bad", Removed: "gone",
  Idle: "idle", Starting: "run", Running: "run", Suspended: "warn", Held: "warn", Evicted: "gone",
  Lost: "bad", Exited: "good", Aborted: "bad", Futile: "bad", Rescued: "gone",
  queued: "idle", running: "run", done: "good", failed: "bad", expired: "gone",
}; // biome-ignore format: a table is read by its columns

export function tone(state, row) {
  if (state === "Exited" && row && row.exit_code !== 0) return "bad";
  return TONES[state] ?? "idle";
}

export function state(name, row) {
  if (!name) return "";
  return h("span", { class: `state ${tone(name, row)}` }, name);
}

export function mark(value) {
  if (!value) return "";
  const good = value === "good";
  return h("span", { class: `mark ${good ? "good" : "bad"}`, role: "img", "aria-label": good ? "well" : "failed" }, good ? "✓" : "✗");
}
