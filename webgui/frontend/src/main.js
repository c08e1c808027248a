// Every page's script: the header, shortcuts, and the page's own module, which is loaded only where it is needed.
import { header } from "./header.js";
import { shortcuts } from "./shortcuts.js";
import { start } from "./start.js";

const PAGES = {
  accounting: () => import("./accounting.js"),
  accounts: () => import("./accounts.js"),
  associations: () => import("./associations.js"),
  campaigns: () => import("./campaigns.js"),
  dashboard: () => import("./dashboard.js"),
  history: () => import("./history.js"),
  limits: () => import("./limits.js"),
  machines: () => import("./machines.js"),
  monitor: () => import("./monitor.js"),
  poller: () => import("./poller.js"),
  preferences: () => import("./preferences.js"),
  queue: () => import("./queue.js"),
  run: () => import("./run.js"),
  templates: () => import("./templates.js"),
  triage: () => import("./triage.js"),
};

header();
shortcuts();
const load = PAGES[start.page];
if (load) {
  const page = await load();
  page.run();
}
