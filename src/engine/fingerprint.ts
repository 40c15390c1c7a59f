import type { ByteSource } from '../image/bytes.ts';
import { fingerprintParts } from '../options/table.ts';

/** What an answer is known by, as 64 hexadecimal digits: the same question about the same bytes has the same one. */
export interface Fingerprint {
  /** Of an image's bytes, as they are before anything is changed. */
  ofImages(sources: readonly { readonly readable: ByteSource }[]): Promise<string>;
  /** Stands for that of an image that cannot be read. */
  ofName(name: string): Promise<string>;
}

/** Takes in the question, the model and every setting that changes answers; not the endpoint, the key and time limits. */
export function createFingerprint(options: object): Fingerprint {
  const question = createSha256().then((hash) =>
    hash.update(JSON.stringify(fingerprintParts(options))).digest('hex'),
  );
  return {
    async ofImages(sources) {
      const hash = (await createSha256()).update(await question);
      for (const { readable } of sources) for await (const piece of readable.open()) hash.update(piece);
      return hash.digest('hex');
    },
    ofName: async (name) => (await createSha256()).update(`${await question} ${name}`).digest('hex'),
  };
}

/** Loaded where answers are kept, as most runs keep none. */
async function createSha256() {
  return (await import('node:crypto')).createHash('sha256');
}
