import { identifyBinary } from './binary-signature.ts';
import { identifyDamage } from './damage.ts';
import type { Format } from './format.ts';
import { identifyMediaContainer } from './media-container.ts';
import { identifyText } from './text-signature.ts';
import { identifyTiff } from './tiff-signature.ts';
import { closeLookBytes, identifyUsual } from './usual-signature.ts';

/**
 * Names a file's format by its first bytes; undefined where they are of no format known here.
 */
export function identify(head: Uint8Array): Format | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, closeLookBytes));
  return (
    identifyUsual(bytes) ??
    identifyMediaContainer(bytes) ??
    identifyBinary(bytes) ??
    identifyTiff(bytes) ??
    identifyText(bytes) ??
    identifyDamage(bytes)
  );
}
