// When the page's colours change: the account's theme is switched, or the system's where the account follows it.
const listeners = new Set();
let watching = false;

// Calls `call` after each change; answers what ends that.
export function onTheme(call) {
  listeners.add(call);
  if (!watching) watch();
  return () => listeners.delete(call);
}

function watch() {
  watching = true;
  const tell = () => {
    for (const call of listeners) call();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  new MutationObserver(tell).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
