// Writes a zip archive whose entries are stored as they are: pictures are compressed already, and texts are small.
// Source: PKWARE APPNOTE 6.3.10, §4.3; names are UTF-8 (flag bit 11), times are the format's first day.

const UTF8 = 0x0800;
const FIRST_DAY = 0x0021;
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** An archive of `[name, content]`, in this order; a content is a string or bytes. */
export function zip(entries, type) {
  const encoder = new TextEncoder();
  const bodies = [];
  const directory = [];
  let at = 0;
  for (const [name, content] of entries) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const path = encoder.encode(name);
    const shared = [[2, 20], [2, UTF8], [2, 0], [2, 0], [2, FIRST_DAY], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, path.length]];
    const local = fields([[4, 0x04034b50], ...shared, [2, 0]]);
    directory.push(fields([[4, 0x02014b50], [2, 20], ...shared, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, at]]), path);
    bodies.push(local, path, bytes);
    at += local.length + path.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = entries.length;
  const end = fields([[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, at], [2, 0]]);
  return new Blob([...bodies, ...directory, end], { type });
}

/** Numbers as little-endian bytes, each with its width. */
function fields(values) {
  const bytes = values.flatMap(([width, value]) => Array.from({ length: width }, (_, n) => (value >>> (8 * n)) & 0xff));
  return Uint8Array.from(bytes);
}
