// The filter's field: what is wrong with a filter is shown at the character where it goes wrong.
import { el } from "./dom.js";

export class FilterBox {
  constructor(form, view) {
    this.field = form.querySelector("input[name=filter]");
    this.told = el("div", { class: "filter-error", role: "alert", hidden: true });
    form.after(this.told);
    this.field.value = view.get("filter");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      view.set({ filter: this.field.value.trim() }, { step: true });
    });
    this.field.addEventListener("search", () => view.set({ filter: this.field.value.trim() }, { step: true }));
    view.on(["filter"], () => { if (document.activeElement !== this.field) this.field.value = view.get("filter"); });
  }

  /// Nil takes the words away.
  show(error) {
    this.told.hidden = !error;
    this.field.setAttribute("aria-invalid", String(Boolean(error)));
    if (!error) return;
    const at = position(error);
    const text = this.field.value.trim();
    const caret = at !== null && text ? el("pre", { "aria-hidden": "true" },
      text + "\n" + " ".repeat(Math.min(at - 1, Array.from(text).length)) + "^") : null;
    this.told.replaceChildren(...[caret, el("p", {}, error.message), error.hint ? el("p", { class: "muted" }, error.hint) : null].filter(Boolean));
  }
}

/// The number of the character that an error names, from 1; null when it names none.
export function position(error) {
  const told = error.details?.position ?? /at character (\d+)/.exec(error.message)?.[1];
  return told == null ? null : Number(told);
}
