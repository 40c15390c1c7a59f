import type { Format } from './format.ts';

/** How many of a file's first bytes it takes to know a usual format. */
export const headBytes = 4096;

/** How many it takes to know another: a drawing may begin with pages of comments. */
export const closeLookBytes = 64 * 1024;

/** What the API takes: https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats */
export const sendable = {
  png: { mimeType: 'image/png', name: 'a PNG image', sendable: true, sharp: 'png' },
  jpeg: { mimeType: 'image/jpeg', name: 'a JPEG image', sendable: true, sharp: 'jpeg' },
  webp: { mimeType: 'image/webp', name: 'a WebP image', sendable: true, sharp: 'webp' },
  heic: { mimeType: 'image/heic', name: 'a HEIC image', sendable: true, sharp: 'heif' },
  heif: { mimeType: 'image/heif', name: 'a HEIF image', sendable: true, sharp: 'heif' },
} as const satisfies Record<string, Format>;

/**
 * Names the formats that nearly every image has, without the table of all others, which takes a while to load. Undefined
 * where a closer look is needed, by `identify`.
 */
export function identifyUsual(head: Uint8Array): Format | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 16)).toString('latin1');
  // Xcode puts a chunk of its own first and changes the pixels: https://iphonedev.wiki/CgBI_file_format
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return start.endsWith('CgBI') ? undefined : sendable.png;
  // What follows is a marker; this one begins JPEG-LS: https://www.itu.int/rec/T-REC-T.87
  if (start.startsWith('\xff\xd8\xff')) return start[3] === '\xf7' ? undefined : sendable.jpeg;
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return sendable.webp;
  return /^\0.{3}ftyphei[cx]/s.test(start) ? sendable.heic : undefined;
}
