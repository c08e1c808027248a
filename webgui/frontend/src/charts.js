// Charts by uPlot, each with its numbers as a table beside it.
import uPlot from "uplot";
import { get } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { duration, number } from "./format.js";
import { start } from "./start.js";
import { onTheme } from "./theme.js";

// Axis words on a clock of 24 hours: [least step in seconds, words, words where the year, day … begins].
const CLOCK = [
  [86_400 * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [86_400 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86_400, "{DD} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", "\n{DD} {MMM}", null, "\n{DD} {MMM}", null, null, null, 1],
  [60, "{HH}:{mm}", "\n{DD} {MMM}", null, "\n{DD} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{DD} {MMM}", null, "\n{DD} {MMM}", null, null, null, 1],
];

// A custom property's colour as the page shows it now, for the canvas.
function colour(name) {
  const probe = h("span", { class: `colour ${name}` });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// series: [{ label, tone }]; values: one array each. Stacked bars over time.
export function timeBars(place, label, times, series, height = 150) {
  const summed = [];
  for (const values of series.map((one) => one.values)) summed.push(values.map((value, at) => value + (summed.length ? summed[summed.length - 1][at] : 0)));
  const bars = uPlot.paths.bars({ size: [0.85, 40], align: 1 });
  const shown = series.map((one, at) => ({
    label: one.label,
    tone: one.tone,
    width: 0,
    paths: bars,
    points: { show: false },
    value: (_plot, _value, _series, index) => (index === null ? "–" : number(series[at].values[index])),
  }));
  const step = times.length > 1 ? times[1] - times[0] : 86_400;
  const x = { scale: { range: [times[0], times[times.length - 1] + step] } };
  return plot(place, label, [times, ...[...summed].reverse()], [...shown].reverse(), height, x);
}

// series: uPlot's, each with its tone, a class of the style sheet. A canvas doesn't follow the style sheet: when the
// theme changes it is drawn anew.
export function plot(place, label, data, series, height, x = {}) {
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", label);
  const width = () => Math.max(220, place.clientWidth);
  const make = () => {
    replace(place);
    return new uPlot({ width: width(), height, ...options(series, x) }, data, place);
  };
  let made = make();
  const observer = new ResizeObserver(() => made.setSize({ width: width(), height }));
  observer.observe(place);
  const forget = onTheme(() => {
    made.destroy();
    made = make();
  });
  return {
    end: () => {
      forget();
      observer.disconnect();
      made.destroy();
    },
  };
}

function options(series, x) {
  const grid = { stroke: colour("line"), width: 1 };
  const axis = { stroke: colour("muted"), grid, ticks: grid, font: "11px system-ui", size: 46 };
  const utc = start.preferences.times !== "local";
  return {
    tzDate: (stamp) => (utc ? uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC") : new Date(stamp * 1000)),
    legend: { live: true },
    cursor: { points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: true, ...x.scale }, y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.08)] } },
    axes: [
      { ...axis, values: CLOCK, ...x.axis },
      { ...axis, size: 42, values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? number(tick) : "")) },
    ],
    series: [
      { label: "at", value: "{YYYY}-{MM}-{DD} {HH}:{mm}", ...x.series },
      ...series.map((one) => ({ ...one, stroke: colour(one.tone), fill: colour(one.tone) })),
    ],
  };
}

let shown = null; // the chart of the last look

export function historyCharts(show) {
  const form = byId("range");
  const look = show === "rates" ? rates : durations;
  form.addEventListener("change", () => look(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look(form);
  });
  look(form);
}

async function rates(form) {
  const { days, by } = Object.fromEntries(new FormData(form));
  const words = byId("range-words");
  let found;
  try {
    found = await get("/tallies", { since: `-${days}d`, by });
  } catch (error) {
    words.textContent = error.message;
    return;
  }
  const ended = found.reduce((sum, one) => sum + one.done + one.failed + one.removed, 0);
  words.textContent = `${number(ended)} runs ended: ${number(Math.round(ended / days))} a day`;
  shown?.end();
  shown = null;
  const place = h("div", { class: "chart" });
  const most = Math.max(1, ...found.map((one) => one.done + one.failed + one.removed));
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      [by.replace("parameter:", ""), "Done", "Failed", "Removed", "Failed of all", "Share"].map((one) => h("th", { scope: "col" }, one)),
    ),
  );
  const rows = found.map((one) => {
    const all = one.done + one.failed + one.removed;
    const bar = h("meter", { min: "0", max: String(most), value: String(all), "aria-label": `${number(all)} runs` }, String(all));
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, one.key || "none"),
      [one.done, one.failed, one.removed].map((value) => h("td", { class: "k-number" }, number(value))),
      h("td", { class: "k-number" }, all ? `${((100 * one.failed) / all).toFixed(1)} %` : ""),
      h("td", {}, bar),
    );
  });
  const table = h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Runs that ended" },
    h("table", { class: "grid small" }, head, h("tbody", {}, rows)),
  );
  replace(
    byId("charts"),
    h(
      "section",
      { class: "card full", "aria-label": "Rates" },
      by === "day" ? place : null,
      found.length ? table : h("p", { class: "empty" }, "Nothing ended in that time."),
    ),
  );
  if (by === "day" && found.length) {
    const known = new Map(found.map((one) => [one.key, one]));
    const days_ = everyDay([...known.keys()].sort()).map((key) => known.get(key) ?? { key, done: 0, failed: 0, removed: 0 });
    shown = timeBars(
      place,
      "Runs that ended, by day",
      days_.map((one) => Date.parse(`${one.key}T00:00:00Z`) / 1000),
      [
        { label: "done", tone: "good", values: days_.map((one) => one.done) },
        { label: "failed", tone: "bad", values: days_.map((one) => one.failed) },
        { label: "removed", tone: "idle", values: days_.map((one) => one.removed) },
      ],
      190,
    );
  }
}

// From the first day to the last, those on which nothing ended too.
function everyDay(keys) {
  const end = Date.parse(keys[keys.length - 1]);
  const all = [];
  for (let at = Date.parse(keys[0]); at <= end; at += 86_400_000) all.push(new Date(at).toISOString().slice(0, 10));
  return all;
}

async function durations(form) {
  const { days, workflow } = Object.fromEntries(new FormData(form));
  const words = byId("range-words");
  let found;
  try {
    found = await get("/durations", { since: `-${days}d`, ...(workflow ? { workflow } : {}) });
  } catch (error) {
    words.textContent = error.message;
    return;
  }
  words.textContent = found.some((one) => one.sampled) ? "Of the latest executions alone; there are more." : "";
  replace(byId("charts"), found.length ? found.map(step) : h("p", { class: "empty" }, "No step ended well in that time."));
}

function step(one) {
  const most = Math.max(1, ...one.histogram.map(([, , n]) => n));
  const bars = h(
    "div",
    { class: "histogram", role: "img", "aria-label": `Durations of ${one.process_name}: half took ${duration(one.p50)} or less` },
    one.histogram.map(([from, to, n]) =>
      h("span", { title: `${duration(from)} to ${duration(to)}: ${number(n)}`, class: `hbar b${Math.round((20 * n) / most)}` }),
    ),
  );
  const facts = [
    ["Half", one.p50],
    ["90 %", one.p90],
    ["99 %", one.p99],
    ["Least", one.minimum],
    ["Most", one.maximum],
    ["Mean", one.mean],
  ];
  const far = one.outliers.length
    ? h(
        "details",
        {},
        h("summary", {}, `${one.outliers.length} far out`),
        h(
          "ul",
          { class: "plain" },
          one.outliers.map((row) =>
            h(
              "li",
              {},
              h("a", { href: `${start.root}/monitor?global_job_id=${encodeURIComponent(`=${row.global_job_id}`)}` }, row.dataset ?? row.global_job_id),
              `: ${duration(row.duration)}`,
            ),
          ),
        ),
      )
    : null;
  return h(
    "section",
    { class: "card", "aria-label": one.process_name },
    h("h2", {}, one.process_name, h("small", { class: "muted" }, ` ${number(one.n)} executions`)),
    bars,
    h("div", { class: "axis muted" }, h("span", {}, duration(one.histogram[0][0])), h("span", {}, duration(one.histogram[one.histogram.length - 1][1]))),
    h(
      "dl",
      { class: "facts inline" },
      facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, duration(value))]),
    ),
    far,
  );
}
