// The list of experiments: making, renaming, tagging, deleting and restoring them.
import * as api from "./api.js";
import { el, say } from "./dom.js";
import { ask } from "./runs-actions.js";

const said = document.querySelector(".said");

async function change(act) {
  try {
    await act();
    location.reload();
  } catch (error) {
    say(said, error.message + (error.hint ? " " + error.hint : ""), true);
  }
}

const field = (label, attributes) => { const input = el("input", { autocomplete: "off", ...attributes }); return [input,
  el("label", {}, label, input)]; };

const acts = {
  create() {
    const [name, label] = field("Name", { required: true, maxlength: 500 });
    ask("New experiment", [label], "Create", false, () => change(() => api.createExperiment(name.value)));
  },
  rename({ id, name: old }) {
    const [name, label] = field("Name", { required: true, maxlength: 500, value: old });
    ask("Rename " + old, [label], "Rename", false, () => change(() => api.renameExperiment(id, name.value)));
  },
  tag({ id, name }) {
    const [key, keyLabel] = field("Key", { required: true, maxlength: 250 });
    const [value, valueLabel] = field("Value", { maxlength: 5000 });
    ask("Tag " + name, [keyLabel, valueLabel], "Tag", false, () => change(() => api.tagExperiment(id, key.value, value.value)));
  },
  delete({ id, name }) {
    ask(`Delete ${name}?`, [el("p", {}, "It is hidden with all of its runs, not destroyed, and can be restored.")], "Delete", true,
      () => change(() => api.deleteExperiment(id)));
  },
  restore({ id }) { change(() => api.restoreExperiment(id)); },
};

document.querySelector("main").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button && Object.hasOwn(acts, button.dataset.act)) acts[button.dataset.act](button.closest("tr")?.dataset ?? {});
});
document.documentElement.classList.add("alive");
