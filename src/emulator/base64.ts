/** A multiple of four characters, small enough that a slice costs little memory. */
const sliceLength = 4 * 65_536;

/**
 * Decodes base64 in its one canonical spelling: standard alphabet, padded, nothing else in between. Undefined for any
 * other text. Goes slice by slice, because Node's decoder forgives and a pattern over 100 MB does not end well.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const decoded = Buffer.allocUnsafe((text.length / 4) * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += sliceLength) {
    const slice = text.slice(at, at + sliceLength);
    const bytes = Buffer.from(slice, 'base64');
    const isLast = at + sliceLength >= text.length;
    const isWhole = isLast || bytes.length === (slice.length / 4) * 3;
    if (!isWhole || bytes.toString('base64') !== slice) return undefined;
    length += bytes.copy(decoded, length);
  }
  return decoded.subarray(0, length);
}
