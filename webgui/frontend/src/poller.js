// Poller: each poller with its last look, events and errors; pause, resume, scan now, retry.
import { get, post } from "./api.js";
import { ask, byId, h, later, notice, replace } from "./dom.js";
import { ago, bytes, number, state, time, timeElement, tone } from "./format.js";
import { likeness } from "./grid.js";
import { may, start } from "./start.js";

const PAGE = 50;
const WORDS = { pause: "Pause", resume: "Resume", scan: "Scan now", retry: "Retry rejected" };
const EVENT_TONES = { Seen: "run", Inserted: "run", Settled: "good", Rejected: "bad", Quarantined: "bad" };
const chosen = new Set();
let offset = 0;

export function run() {
  for (const id of ["event-poller", "event-state"]) byId(id).addEventListener("change", () => turn(0));
  byId("event-path").addEventListener(
    "input",
    later(() => turn(0), 300),
  );
  byId("event-previous").addEventListener("click", () => turn(offset - PAGE));
  byId("event-next").addEventListener("click", () => turn(offset + PAGE));
  byId("event-retry").addEventListener("click", retry);
  const given = new URLSearchParams(location.search);
  byId("event-state").value = given.get("state") ?? "";
  const look = () => Promise.all([cards(), events()]);
  look();
  setInterval(() => document.hidden || look(), Math.max(2, start.preferences.refresh || 5) * 1000);
}

async function cards() {
  let found;
  try {
    found = await get("/pollers");
  } catch {
    return;
  }
  const select = byId("event-poller");
  if (select.options.length !== found.length + 1)
    replace(
      select,
      h("option", { value: "" }, "any"),
      found.map((one) => h("option", {}, one.name)),
    );
  replace(byId("pollers"), found.length ? found.map(card) : h("p", { class: "empty" }, "No poller has run here yet: see `owl poller --help`."));
}

function card(one) {
  const paused = one.paused_by !== null && one.paused_by !== "";
  const health = paused ? state("Held") : h("span", { class: `state ${one.alive ? "good" : "bad"}` }, one.alive ? "alive" : "silent");
  const counts = Object.entries(one.counts).map(([name, count]) => h("span", { class: `state ${EVENT_TONES[name]}` }, `${number(count)} ${name}`));
  const facts = [
    ["Last look", one.looked_at ? h("span", { title: time(one.looked_at) }, ago(one.looked_at)) : "never"],
    ["Last event", one.last_event_at ? timeElement(one.last_event_at) : "none"],
    ["Entries", `${number(one.entries_hour)} in the last hour, ${number(one.entries_day)} in the last day`],
    ["Waiting files", number(one.waiting)],
  ];
  const verbs = [paused ? "resume" : "pause", "scan", "retry"];
  const buttons = may("operator")
    ? h(
        "div",
        { class: "line" },
        verbs.map((verb) => h("button", { type: "button", on: { click: () => order(one.name, verb) } }, WORDS[verb])),
      )
    : null;
  const waiting = one.waiting_for?.length
    ? h(
        "details",
        {},
        h("summary", {}, "Not complete yet"),
        h(
          "ul",
          {},
          one.waiting_for.map((file) => h("li", {}, h("span", { class: "mono" }, file.path), `: ${file.why}`)),
        ),
      )
    : null;
  return h(
    "section",
    { class: "card", "aria-label": `Poller ${one.name}` },
    h("h2", {}, one.name, " ", health),
    h("p", { class: "mono muted" }, `${one.host}:${one.directory}`),
    paused ? h("p", {}, `Paused by ${one.paused_by}: “${one.pause_reason}”`) : null,
    one.message ? h("p", { class: "says" }, one.message) : null,
    h("p", { class: "line" }, counts),
    h(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    waiting,
    buttons,
  );
}

async function order(name, verb) {
  const asked =
    verb === "pause"
      ? await ask(`Pause the poller ${name}?`, h("label", {}, "Why (everybody sees it)", h("input", { name: "reason", required: true, maxlength: "500" })), {
          confirm: "Pause",
        })
      : {};
  if (asked === null) return;
  try {
    await post(`/pollers/${encodeURIComponent(name)}`, { verb, reason: asked.reason ?? "" });
    notice(`${WORDS[verb]}: asked for.`, "good");
  } catch (error) {
    notice(error.message, "error");
  }
  cards();
}

function turn(to) {
  offset = Math.max(0, to);
  return events();
}

async function events() {
  const query = { limit: PAGE, offset };
  for (const [name, id] of [
    ["poller", "event-poller"],
    ["state", "event-state"],
    ["path", "event-path"],
  ]) {
    const value = byId(id).value.trim();
    if (value) query[name] = name === "path" ? likeness(value) : value;
  }
  let found;
  try {
    found = await get("/poller-events", query);
  } catch (error) {
    if (error.status === 400) byId("event-words").textContent = error.message;
    return;
  }
  const focus = document.activeElement?.closest("#events tr")?.dataset.id;
  replace(byId("events"), found.rows.map(event));
  if (focus) byId("events").querySelector(`tr[data-id="${focus}"] input`)?.focus();
  byId("event-words").textContent = `${found.rows.length ? offset + 1 : 0}–${offset + found.rows.length} of ${number(found.total)}`;
  byId("event-previous").disabled = offset === 0;
  byId("event-next").disabled = offset + found.rows.length >= found.total;
}

function event(one) {
  const box = h("input", { type: "checkbox", checked: chosen.has(one.id), "aria-label": `Select ${one.path}` });
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(one.id);
    else chosen.delete(one.id);
    byId("event-retry").hidden = chosen.size === 0 || !may("operator");
  });
  const open = h("button", { type: "button", class: "link mono", title: one.path, on: { click: () => show(one.id) } }, one.path.split("/").pop());
  return h(
    "tr",
    { data: { id: one.id } },
    h("td", { class: "narrow" }, box),
    h("td", { class: "k-time" }, timeElement(one.seen_at)),
    h("td", {}, one.poller),
    h("td", {}, open),
    h("td", {}, h("span", { class: `state ${EVENT_TONES[one.state] ?? tone(one.state)}` }, one.state)),
    h("td", { class: "k-number" }, bytes(one.size)),
    h("td", { class: "k-number" }, number(one.entries)),
    h("td", { title: one.reason }, one.reason),
  );
}

const AGAIN = ["Inserted", "Rejected", "Quarantined"]; // Inserted: its file couldn't be put where it shall be

async function show(id) {
  let found;
  try {
    found = await get(`/poller-events/${id}`);
  } catch (error) {
    return void notice(error.message, "error");
  }
  const { event: one, entries } = found;
  const facts = [
    ["File", h("span", { class: "mono" }, one.path)],
    ["State", one.state],
    ["Reason", one.reason || "none"],
    ["Size", bytes(one.size)],
    ["SHA-256", h("span", { class: "mono" }, one.digest)],
    ["Seen", timeElement(one.seen_at)],
    ["Inserted", timeElement(one.inserted_at) || "no"],
    ["Settled", timeElement(one.settled_at) || "no"],
    ["Goes to", one.destination || "stays where it is"],
  ];
  const list = h(
    "ul",
    {},
    entries.map((entry) => h("li", {}, h("a", { href: `${start.root}/queue?id=${entry.id}` }, `${entry.id}: ${entry.dataset}`), " ", state(entry.state))),
  );
  const asked = await ask(
    `Event ${one.id}`,
    [
      h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
      h("h3", {}, "Requests that came of it"),
      entries.length ? list : h("p", { class: "muted" }, "None."),
    ],
    { confirm: may("operator") && AGAIN.includes(one.state) ? "Retry" : "Close" },
  );
  if (asked !== null && AGAIN.includes(one.state) && may("operator")) {
    chosen.clear();
    chosen.add(id);
    await retry();
  }
}

async function retry() {
  try {
    const found = await post("/poller-events/retry", { ids: [...chosen] });
    notice(`${number(found.events)} events will be looked at again.`, "good");
  } catch (error) {
    notice(error.message, "error");
  }
  chosen.clear();
  byId("event-retry").hidden = true;
  events();
}
