// What a page shows, kept in its address: the address alone brings the same view back. Some choices are also remembered in this browser and
// used where an address says nothing.
import { store } from "./dom.js";

export class View extends EventTarget {
  /// `defaults` name every choice; those in `remembered` are kept under `key` as well.
  constructor(defaults, remembered = [], key = "view") {
    super();
    this.defaults = defaults;
    this.remembered = remembered;
    this.key = key;
    const kept = store.get(key, {});
    const address = new URLSearchParams(location.search);
    this.values = { ...defaults };
    for (const name of remembered) if (typeof kept[name] === "string") this.values[name] = kept[name];
    for (const name of Object.keys(defaults)) if (address.has(name)) this.values[name] = address.get(name);
    this.write();
    addEventListener("popstate", () => {
      const now = new URLSearchParams(location.search);
      const changes = {};
      for (const name of Object.keys(defaults)) {
        const value = now.get(name) ?? defaults[name];
        if (value !== this.values[name]) changes[name] = value;
      }
      if (Object.keys(changes).length) this.take(changes);
    });
  }

  get(name) { return this.values[name]; }

  /// A choice that is a list.
  list(name) { return this.values[name].split(",").filter(Boolean); }

  /// `step` makes it a place that the back button returns to.
  set(changes, { step = false } = {}) {
    const real = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, String(value)]).filter(([name, value]) =>
      this.values[name] !== value));
    if (!Object.keys(real).length) return;
    this.take(real);
    this.write(step);
  }

  take(changes) {
    Object.assign(this.values, changes);
    if (this.remembered.length) store.set(this.key, Object.fromEntries(this.remembered.map((name) => [name, this.values[name]])));
    this.dispatchEvent(new CustomEvent("change", { detail: new Set(Object.keys(changes)) }));
  }

  /// Calls `body` when one of the names changes.
  on(names, body) {
    this.addEventListener("change", (event) => { if (names.some((name) => event.detail.has(name))) body(); });
  }

  write(step = false) {
    const address = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(this.values)) {
      if (value === this.defaults[name]) address.delete(name); else address.set(name, value);
    }
    const text = address.toString();
    const whole = location.pathname + (text ? "?" + text : "") + location.hash;
    if (whole !== location.pathname + location.search + location.hash) history[step ? "pushState" : "replaceState"](null, "", whole);
  }
}
