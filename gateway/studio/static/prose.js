// Text of a planner as elements: Markdown, read by markdown-it and cleaned by DOMPurify. What the text says is never run.

const { markdownit, DOMPurify } = globalThis;

// Pictures have places of their own; HTML stands as it was written.
const reader = markdownit({ html: false, linkify: true, breaks: true }).disable("image");
const cleaned = { RETURN_DOM_FRAGMENT: true, FORBID_ATTR: ["style"], FORBID_TAGS: ["style", "form", "input"], ADD_ATTR: ["target"] };

// The page's own headings are the first two levels.
reader.core.ruler.push("lower_headings", ({ tokens }) => {
  for (const token of tokens) {
    if (/^heading_/.test(token.type)) token.tag = `h${Math.min(6, Number(token.tag[1]) + 2)}`;
  }
});
// The page's policy forbids styles in markup.
reader.core.ruler.push("align_by_class", ({ tokens }) => {
  for (const token of tokens) {
    const align = token.attrGet?.("style")?.replace("text-align:", "");
    if (align) token.attrs = [["class", `to-${align}`]];
  }
});
reader.core.ruler.push("open_elsewhere", ({ tokens }) => {
  for (const token of tokens.flatMap((one) => one.children ?? [])) {
    if (token.type === "link_open") token.attrs.push(["target", "_blank"], ["rel", "noopener noreferrer"]);
  }
});

/** The elements of a text; headings begin below those of the page, and what is wide can be scrolled by keyboard. */
export function prose(text) {
  const blocks = [...DOMPurify.sanitize(reader.render(text), cleaned).children];
  for (const block of blocks) {
    if (block.matches("pre, table")) block.tabIndex = 0;
  }
  return blocks;
}
