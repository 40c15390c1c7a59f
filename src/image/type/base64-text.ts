import { identifyBinary } from './binary-signature.ts';
import type { Format } from './format.ts';
import { identifyMediaContainer } from './media-container.ts';
import { identifyUsual } from './usual-signature.ts';

/** Names an image that was saved as base64, or as the `data:` URL of a web page; undefined for any other text. */
export function identifyBase64(text: string): Format | undefined {
  const [, url, encoded = ''] = /^\s*(data:[^,]*;base64,)?([\w+/\r\n]{32,}={0,2})\s*$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  // Some signatures are so short that a path may be one in base64: "/world" would be JPEG XL.
  const other = url === undefined ? undefined : identifyBinary(bytes);
  const format = identifyUsual(bytes) ?? identifyMediaContainer(bytes) ?? other;
  if (!format?.mimeType.startsWith('image/')) return undefined;
  const decode = url === undefined ? 'base64 -d < {in}' : 'cut -d, -f2 {in} | base64 -d';
  return {
    mimeType: 'text/plain',
    name: `the base64 text of ${format.name}`,
    sendable: false,
    conversion: `${decode} > picture.${/[a-z0-9]+$/.exec(format.mimeType)?.[0]}`,
  };
}
