import type { Journal } from './journal.ts';
import type { Archive, Kept, Outcome } from './outcome.ts';
import type { Sidecars } from './sidecar.ts';

/** What a journal tells of an image, without the key. */
export type Recorder = (outcome: Exclude<Outcome, { readonly kind: 'kept' | 'notTried' }>) => object;

interface Stores {
  readonly journal: Journal | undefined;
  readonly sidecars: Sidecars | undefined;
  readonly record: Recorder;
  /** The text of an answer, as it goes into a file. */
  readonly textOf: (answer: { readonly text: string }) => string;
}

/** A file of text does not tell whether it was cut off. */
const inSidecar: Kept = { isCutOff: false };

/**
 * Keeps answers in a journal, beside their images, or both. With a journal the bytes decide what is known already: an
 * answered image under a new name gets a line, and a file beside it, of its own, and costs nothing.
 */
export function createArchive({ journal, sidecars, record, textOf }: Stores): Archive {
  if (journal === undefined) {
    return {
      needsKeys: false,
      look: (name) => (sidecars?.isKept(name) ? inSidecar : undefined),
      recall: async (name) => (sidecars?.isKept(name) ? inSidecar : undefined),
      keep: async (outcome) => {
        if (outcome.kind === 'answered') sidecars?.write(outcome.name, textOf(outcome.description));
      },
    };
  }
  const look = (key: string): Kept | undefined =>
    journal.hasKey(key) ? { isCutOff: journal.isCutOff(key) } : undefined;
  return {
    needsKeys: true,
    look: (_, key) => look(key),
    recall: async (name, key) => {
      const hasFile = sidecars?.isKept(name) ?? true;
      const kept = look(key);
      if (journal.has(key, name) && hasFile) return kept;
      const known = kept === undefined ? undefined : await journal.find(key);
      if (known === undefined) return undefined;
      if (!hasFile) sidecars?.write(name, textOf({ text: String(known.text ?? '') }));
      // It was paid for once.
      if (!journal.has(key, name))
        await journal.append({ ...known, key, image: name, usage: null, elapsedMs: 0 });
      return kept;
    },
    keep: async (outcome, key) => {
      if (outcome.kind === 'kept' || outcome.kind === 'notTried') return;
      await journal.append({ key, image: outcome.name, ...record(outcome) });
      // From here on it can be written again without being asked again.
      if (outcome.kind === 'answered') sidecars?.write(outcome.name, textOf(outcome.description));
    },
  };
}
