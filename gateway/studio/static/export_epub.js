// A book as EPUB 3, for readers of books.
// Source: EPUB 3.3 (W3C): `mimetype` comes first and stored, `container.xml` names the package, the package names everything.

import { escaped, picturesIn } from "./book.js";
import { STYLE } from "./export_html.js";
import { prose } from "./prose.js";
import { zip } from "./zip.js";

const TYPE = "application/epub+zip";
const CONTAINER = `<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
`;

export async function asEpub(whole) {
  const chapters = whole.chapters.map((chapter, index) => [`chapter-${index + 1}.xhtml`, page(chapter.heading, inside(chapter))]);
  const images = picturesIn(whole).map(({ name, bytes }) => [`images/${name}`, bytes]);
  const entries = [
    ["mimetype", TYPE],
    ["META-INF/container.xml", CONTAINER],
    ["book.opf", packaged(whole)],
    ["contents.xhtml", page(whole.title, contents(whole))],
    ["style.css", STYLE],
  ];
  return { ending: "epub", blob: zip([...entries, ...chapters, ...images], TYPE) };
}

function packaged(whole) {
  const item = (id, href, type, more = "") => `<item id="${id}" href="${href}" media-type="${type}"${more}/>`;
  const chapters = whole.chapters.map((_, index) => `chapter-${index + 1}`);
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const manifest = [
    item("contents", "contents.xhtml", "application/xhtml+xml", ' properties="nav"'),
    item("style", "style.css", "text/css"),
    ...chapters.map((id) => item(id, `${id}.xhtml`, "application/xhtml+xml")),
    ...picturesIn(whole).map(({ name, type }, index) => item(`image-${index + 1}`, `images/${name}`, type, index ? "" : ' properties="cover-image"')),
  ];
  return `<?xml version="1.0" encoding="utf-8"?>
<package version="3.0" xmlns="http://www.idpf.org/2007/opf" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:${uuid()}</dc:identifier>
<dc:title>${escaped(whole.title)}</dc:title>
<dc:language>en</dc:language>
<meta property="dcterms:modified">${now}</meta>
</metadata>
<manifest>
${manifest.join("\n")}
</manifest>
<spine>${chapters.map((id) => `<itemref idref="${id}"/>`).join("")}</spine>
</package>
`;
}

function contents({ chapters }) {
  const points = chapters.map(({ heading }, index) => `<li><a href="chapter-${index + 1}.xhtml">${escaped(heading)}</a></li>`);
  return `<nav epub:type="toc"><ol>${points.join("")}</ol></nav>`;
}

function inside({ blocks }) {
  const parts = blocks.map(({ text, name, alt }) =>
    name ? `<figure><img src="images/${name}" alt="${escaped(alt)}"/></figure>` : prose(text).map((part) => serialized(part)).join("\n"),
  );
  return parts.join("\n");
}

const serialized = (part) => new XMLSerializer().serializeToString(part);

function page(title, inside) {
  return `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="en" lang="en">
<head><title>${escaped(title)}</title><link rel="stylesheet" href="style.css"/></head>
<body><h1>${escaped(title)}</h1>
${inside}
</body>
</html>
`;
}

/** `crypto.randomUUID` exists on secure pages only. */
function uuid() {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
