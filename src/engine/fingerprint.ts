import { createHash } from 'node:crypto';
import type { ByteSource } from '../image/bytes.ts';
import { fingerprintParts } from '../options/table.ts';

/** What an answer is known by, as 64 hexadecimal digits: the same question about the same bytes has the same one. */
export interface Fingerprint {
  /** Of an image's bytes, as they are before anything is changed. */
  ofImages(sources: readonly { readonly readable: ByteSource }[]): Promise<string>;
  /** Stands for that of an image that cannot be read. */
  ofName(name: string): string;
}

/** Takes in the question, the model and every setting that changes answers; not the endpoint, the key and time limits. */
export function createFingerprint(options: object): Fingerprint {
  const question = sha256(JSON.stringify(fingerprintParts(options)));
  return {
    async ofImages(sources) {
      const hash = createHash('sha256').update(question);
      for (const { readable } of sources) for await (const piece of readable.open()) hash.update(piece);
      return hash.digest('hex');
    },
    ofName: (name) => sha256(`${question} ${name}`),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
