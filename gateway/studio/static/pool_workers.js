// The workers of all pools: what each is and draws, and for the operator a button that drains it.

import * as api from "./api.js";
import { button, byId, element, setText } from "./dom.js";
import { openDialog } from "./menus.js";
import { show } from "./pictures.js";
import { capital, label } from "./timing.js";

/** The list in this element; `tell` is called with a problem. Cards stay while their worker lives, so that a focus stays where it is. */
export function workerList(list, tell) {
  const cards = new Map();

  /** `workers` as /v1/status tells them, each with its `pool`; `drawing` are the pictures that are being drawn. */
  function showWorkers(workers, drawing) {
    byId("no-workers").hidden = workers.length > 0;
    for (const id of [...cards.keys()].filter((one) => !workers.some((worker) => worker.id === one))) {
      cards.get(id).element.remove();
      cards.delete(id);
    }
    for (const worker of workers) {
      if (!cards.has(worker.id)) {
        cards.set(worker.id, card(worker, tell));
        list.append(cards.get(worker.id).element);
      }
      cards.get(worker.id).update(worker, drawing.filter((item) => item.worker === worker.id));
    }
  }
  return { show: showWorkers };
}

function card(worker, tell) {
  const facts = element("p", { class: "small" });
  const drawn = element("ul", { class: "drawn" });
  const drain = button("Drain", () => askToDrain(worker, tell), { "aria-label": `Drain ${worker.id}` });
  return {
    element: element("li", { "aria-label": `Worker ${worker.id}` }, element("p", { class: "worker-name" }, worker.id), facts, drawn, drain),
    update({ model, device, simulated, slots, active, draining }, drawing) {
      const state = draining ? "leaving: finishes what it holds" : `draws ${active} of ${slots} at once`;
      setText(facts, [model, device, simulated && "simulated", state].filter(Boolean).join(" · "));
      drawn.replaceChildren(...drawing.map(look));
      drain.hidden = draining || !api.isOperator();
    },
  };
}

function look(item) {
  const image = element("img", { alt: "" });
  const latest = item.previews.at(-1);
  if (latest) show(image, latest);
  const words = `${capital(label(item.name))}, step ${item.step} of ${item.of || "?"}: ${item.description}`;
  return element("li", {}, latest ? image : element("span", { class: "blank" }), words);
}

function askToDrain({ id, pool }, tell) {
  const drain = button(
    "Drain",
    () => {
      dialog.close();
      api.drain(pool, id).catch(tell);
    },
    { class: "primary" },
  );
  const why = element("p", {}, "It takes no more pictures, finishes those that it draws, and ends. Whatever watches over it may start another in its place.");
  const dialog = openDialog(`Drain ${id}?`, "drain", why, element("div", { class: "tools" }, button("Cancel", () => dialog.close()), drain));
  drain.focus();
}
