// Text of a planner as paragraphs. Of Markdown it knows what stories need: headings, lists, emphasis; all else stands as written.

import { element } from "./dom.js";

const HEADING = /^#{1,6}\s+(.*)/;
const POINT = /^\s*(?:[-*•]|\d+[.)])\s+(.*)/;
const NUMBERED = /^\s*\d/;
const EMPHASIS = /(\*\*|__)(?=\S)(.+?)\1|(\*|_)(?=\S)([^*_]+?)\3/;

/** The elements of a text; headings begin below those of the page. */
export function prose(text) {
  const blocks = text.split(/\n\s*\n/).map((block) => block.trim());
  return blocks.filter(Boolean).flatMap(block);
}

function block(text) {
  const lines = text.split("\n");
  const heading = HEADING.exec(lines[0]);
  if (heading) {
    const rest = lines.slice(1).join("\n").trim();
    return [element("h3", {}, ...emphasised(heading[1])), ...(rest ? block(rest) : [])];
  }
  if (lines.every((line) => POINT.test(line))) {
    const points = lines.map((line) => element("li", {}, ...emphasised(POINT.exec(line)[1])));
    return [element(NUMBERED.test(lines[0]) ? "ol" : "ul", {}, ...points)];
  }
  return lines.filter((line) => line.trim()).map((line) => element("p", {}, ...emphasised(line)));
}

function emphasised(text) {
  const parts = [];
  for (let match; (match = EMPHASIS.exec(text)); text = text.slice(match.index + match[0].length)) {
    parts.push(text.slice(0, match.index), element(match[1] ? "strong" : "em", {}, match[2] ?? match[4]));
  }
  return [...parts, text].filter(Boolean);
}
