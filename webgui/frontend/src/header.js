// The header: the clock of the talk, the state of database and daemons, and the banner when something is away.
import { get, onTrouble } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { ago } from "./format.js";
import { start } from "./start.js";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number) => String(number).padStart(2, "0");

export function dayOfYear(at) {
  return Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

export function clock(at) {
  const day = `${DAYS[at.getUTCDay()]}, ${two(at.getUTCDate())} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  const hour = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  return `${day} ${hour} UTC ${String(dayOfYear(at)).padStart(3, "0")} DOY`;
}

export function header() {
  const place = byId("clock");
  if (!place) return;
  const tick = () => {
    place.textContent = clock(new Date());
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
  onTrouble(trouble);
  health();
}

function trouble(words) {
  const banner = byId("trouble");
  banner.hidden = words === "";
  banner.textContent = words;
  show("database", words === "" ? "good" : "bad", words === "" ? "database answers" : words);
}

async function health() {
  try {
    const found = await get("/health");
    show("database", "good", "database answers");
    const silent = found.daemons.filter((one) => !one.alive);
    const words = found.daemons.map((one) => `${one.name} on ${one.host}: ${one.alive ? "alive" : "silent"}, heard of ${ago(one.heartbeat)}`);
    const none = found.daemons.length === 0;
    show("daemons", none || silent.length ? "bad" : "good", none ? "no daemon has been heard of" : words.join("\n"));
    const alerts = byId("alerts");
    alerts.hidden = found.alerts === 0;
    replace(alerts, h("a", { href: `${start.root}/#alerts` }, `${found.alerts} alert${found.alerts === 1 ? "" : "s"}`));
  } catch {
    // the banner says it
  }
  setTimeout(health, 5000);
}

function show(name, tone, words) {
  const place = byId(`health-${name}`);
  if (!place) return;
  place.className = `health ${tone}`;
  place.title = words;
  place.setAttribute("aria-label", `${name}: ${words}`);
}
