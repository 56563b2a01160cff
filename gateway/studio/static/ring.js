// How far a picture is, as a ring that closes.

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 20;
const ROUND = 2 * Math.PI * RADIUS;

function circle(name) {
  const made = document.createElementNS(SVG, "circle");
  for (const [key, value] of Object.entries({ class: name, cx: 24, cy: 24, r: RADIUS })) made.setAttribute(key, value);
  return made;
}

/** A ring: `element`, and `show(share, label)`; a share of null means that nobody knows. */
export function ring() {
  const drawn = document.createElementNS(SVG, "svg");
  const done = circle("ring-done");
  drawn.setAttribute("viewBox", "0 0 48 48");
  drawn.setAttribute("class", "ring");
  drawn.setAttribute("role", "progressbar");
  drawn.setAttribute("aria-valuemin", 0);
  drawn.setAttribute("aria-valuemax", 100);
  drawn.append(circle("ring-track"), done);
  done.setAttribute("stroke-dasharray", ROUND);
  return {
    element: drawn,
    show(share, label) {
      drawn.classList.toggle("ring-waits", share === null);
      done.setAttribute("stroke-dashoffset", ROUND * (1 - (share ?? 0.2)));
      drawn.setAttribute("aria-label", label);
      if (share === null) drawn.removeAttribute("aria-valuenow");
      else drawn.setAttribute("aria-valuenow", Math.round(100 * share));
    },
  };
}
