/**
 * Whether the first picture of a WebP file is stored without loss; false where the file makes no sense.
 * Layout: https://developers.google.com/speed/webp/docs/riff_container
 */
export function isLosslessWebp(bytes: Buffer): boolean {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    if (name === 'VP8L' || name === 'VP8 ') return name === 'VP8L';
    const size = bytes.readUInt32LE(at + 4);
    // A frame of an animation holds chunks of its own, after 16 bytes.
    at += name === 'ANMF' ? 8 + 16 : 8 + size + (size % 2);
  }
  return false;
}
