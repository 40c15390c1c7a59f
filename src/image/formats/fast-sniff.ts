import type { Format } from './image-format.ts';

/** How many of a file's first bytes it takes to recognise a format that is sent. */
export const sniffBytes = 4096;

/** How many it takes to recognise any other: an SVG drawing may begin with pages of comments. */
export const closeLookBytes = 64 * 1024;

/** What the API takes: https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats */
export const sendable = {
  png: { mimeType: 'image/png', name: 'a PNG image', sendable: true, sharp: 'png' },
  jpeg: { mimeType: 'image/jpeg', name: 'a JPEG image', sendable: true, sharp: 'jpeg' },
  webp: { mimeType: 'image/webp', name: 'a WebP image', sendable: true, sharp: 'webp' },
  heic: { mimeType: 'image/heic', name: 'a HEIC image', sendable: true, sharp: 'heif' },
  heif: { mimeType: 'image/heif', name: 'a HEIF image', sendable: true, sharp: 'heif' },
} as const satisfies Record<string, Format>;

/** What sharp decodes as npm installs it: https://sharp.pixelplumbing.com/#formats */
export const prebuilt: ReadonlySet<string> = new Set([
  'image/gif',
  'image/tiff',
  'image/avif',
  'image/svg+xml',
]);

/**
 * Recognises what nearly every image is by its first bytes, without the table of all other formats, which takes a while to
 * load. Undefined where a closer look is needed, by `recognise`.
 */
export function sniff(head: Uint8Array): Format | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 16)).toString('latin1');
  // Xcode puts a chunk of its own first and changes the pixels: https://iphonedev.wiki/CgBI_file_format
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return start.endsWith('CgBI') ? undefined : sendable.png;
  // What follows is a marker; this one begins JPEG-LS: https://www.itu.int/rec/T-REC-T.87
  if (start.startsWith('\xff\xd8\xff')) return start[3] === '\xf7' ? undefined : sendable.jpeg;
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return sendable.webp;
  return /^\0.{3}ftyphei[cx]/s.test(start) ? sendable.heic : undefined;
}

/** The extensions of each type that is sent; a file may have none. Phones give a HEIF file either name. */
export const extensionsOf: Readonly<Record<string, readonly string[]>> = {
  'image/png': ['.png', '.apng'],
  'image/jpeg': ['.jpg', '.jpeg', '.jpe', '.jfif', '.mpo'],
  'image/webp': ['.webp'],
  'image/heic': ['.heic', '.heif', '.hif', '.heics'],
  'image/heif': ['.heif', '.heic', '.hif', '.heifs'],
};

/** Extensions of image files, including those that are only converted. */
export const imageExtensions: ReadonlySet<string> = new Set([
  ...Object.values(extensionsOf).flat(),
  ...'.gif .bmp .tif .tiff .avif .jxl .jp2 .ico .psd .svg .dng .cr2 .cr3 .nef .arw .raf .orf .rw2'.split(' '),
]);
