import { recogniseBrand, recogniseTiff } from './containers.ts';
import { recogniseDamage } from './damage.ts';
import { closeLookBytes, sniff } from './fast-sniff.ts';
import type { Format } from './image-format.ts';
import { recogniseSignature } from './signatures.ts';
import { recogniseText } from './text-formats.ts';

/** Names a file's format by its first bytes; undefined where they are of no format known here. */
export function recognise(head: Uint8Array): Format | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, closeLookBytes));
  return (
    sniff(bytes) ??
    recogniseBrand(bytes) ??
    recogniseSignature(bytes) ??
    recogniseTiff(bytes) ??
    recogniseText(bytes) ??
    recogniseDamage(bytes)
  );
}
