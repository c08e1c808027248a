// Accounting: a list of expected datasets against what has arrived and was processed.
import { download, post } from "./api.js";
import { byId, h, notice, replace } from "./dom.js";
import { number, timeElement } from "./format.js";
import { smallTable } from "./grid.js";
import { start } from "./start.js";

const PAGE = 200;
const TONES = { Processed: "good", Processing: "run", Waiting: "idle", Failed: "bad", Removed: "gone", Rejected: "bad", Missing: "warn" };
let asked = null;

export function run() {
  byId("expected").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    look({
      text: given.text,
      workflow: given.workflow || null,
      unexpected: given.unexpected || null,
      since: given.since || null,
      standing: [],
      limit: PAGE,
      offset: 0,
    });
  });
  byId("expected-file").addEventListener("change", async ({ target }) => {
    if (target.files.length) byId("expected").elements.text.value = await target.files[0].text();
  });
}

async function look(body) {
  const place = byId("account");
  try {
    const found = await post("/accounting", body);
    asked = body;
    replace(place, draw(found));
  } catch (error) {
    replace(place, h("p", { class: "refused" }, error.message));
  }
}

function draw(found) {
  const all = Object.values(found.counts).reduce((sum, count) => sum + count, 0);
  const verdict = found.complete ? `All ${number(all)} were processed.` : `${number(found.counts.Processed ?? 0)} of ${number(all)} were processed.`;
  const only = asked.standing[0] ?? "";
  const turn = (change) => look({ ...asked, offset: 0, ...change });
  const tile = (name, count) =>
    h(
      "button",
      {
        type: "button",
        class: "chip",
        data: { standing: name },
        "aria-pressed": String(only === name),
        on: { click: () => turn({ standing: only === name || !name ? [] : [name] }) },
      },
      name ? h("span", { class: `state ${TONES[name]}` }, name) : "All",
      ` ${number(count)}`,
    );
  const chips = start.standings.filter((name) => found.counts[name]).map((name) => tile(name, found.counts[name]));
  const headings = ["Dataset", "Standing", "Arrived", "Ended", "Request", "Run", "Says"];
  return [
    h("p", { class: found.complete ? "verdict good" : "verdict" }, verdict),
    h("div", { class: "line" }, tile("", all), chips, h("button", { type: "button", on: { click: save } }, "Export as CSV")),
    smallTable("Expected datasets", headings, found.rows.map(row)),
    h(
      "div",
      { class: "pager" },
      h(
        "button",
        {
          type: "button",
          "aria-label": "Previous page",
          disabled: asked.offset === 0,
          on: { click: () => turn({ offset: Math.max(0, asked.offset - PAGE) }) },
        },
        "‹",
      ),
      h("span", { role: "status" }, `${found.rows.length ? asked.offset + 1 : 0}–${asked.offset + found.rows.length} of ${number(found.total)}`),
      h(
        "button",
        { type: "button", "aria-label": "Next page", disabled: asked.offset + PAGE >= found.total, on: { click: () => turn({ offset: asked.offset + PAGE }) } },
        "›",
      ),
    ),
    found.unexpected.length
      ? [h("h3", {}, `${number(found.unexpected.length)} arrived and aren't expected`), smallTable("Unexpected datasets", headings, found.unexpected.map(row))]
      : asked.unexpected && h("p", { class: "muted" }, `Nothing has arrived of such names${asked.since ? " since then" : ""} that isn't expected.`),
  ];
}

function row(one) {
  const run = one.run_id === null ? "" : h("a", { class: "mono", href: `${start.root}/run/${encodeURIComponent(one.run_id)}` }, one.run_id);
  return h(
    "tr",
    {},
    h("td", { class: "mono", title: one.path ?? "" }, one.dataset),
    h("td", {}, h("span", { class: `state ${TONES[one.standing]}` }, one.standing)),
    h("td", { class: "k-time" }, timeElement(one.arrived_at)),
    h("td", { class: "k-time" }, timeElement(one.ended_at)),
    h("td", { class: "k-number" }, one.entry_id === null ? "" : h("a", { href: `${start.root}/queue?id=${one.entry_id}` }, String(one.entry_id))),
    h("td", {}, run),
    h("td", { class: "wrap" }, one.says),
  );
}

async function save() {
  try {
    await download("/accounting/export", asked, "owl_accounting.csv");
  } catch (error) {
    notice(error.message, "error");
  }
}
