import { ImageError } from '../../errors.ts';

/** No drawing that somebody made is larger; its tree takes many times as much memory. */
const mostSvgBytes = 16 * 1024 * 1024;

/**
 * Brings a drawing into the one form that the renderer knows: UTF-8 with `<svg` among its first 1,000 bytes, which a
 * comment ensures. The XML declaration goes, since the encoding it names is no longer right.
 * Throws an `ImageError` when it is too large.
 */
export function toPlainSvg(bytes: Buffer): Buffer {
  if (bytes.length > mostSvgBytes) {
    throw new ImageError(`too large for a drawing (at most ${mostSvgBytes / 1024 / 1024} MiB)`, {
      hint: 'Export the drawing as PNG and send that.',
    });
  }
  const text = decoderOf(bytes).decode(bytes);
  return Buffer.from(`<!--<svg>-->${text.replace(/^\s*<\?xml[^>]*>/, '')}`);
}

/** By the byte order mark or the declaration: https://www.w3.org/TR/xml/#sec-guessing. */
function decoderOf(bytes: Buffer): InstanceType<typeof TextDecoder> {
  const mark = bytes.toString('latin1', 0, 2);
  if (mark === '\xff\xfe') return new TextDecoder('utf-16le');
  if (mark === '\xfe\xff') return new TextDecoder('utf-16be');
  const declared = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)/.exec(
    bytes.toString('latin1', 0, 200),
  )?.[1];
  try {
    return new TextDecoder(declared);
  } catch {
    return new TextDecoder(); // No encoding that exists.
  }
}
