import type { Archive, Keeping, Kept, Outcome } from '../engine/outcome.ts';
import { NoAnswerError } from '../errors.ts';
import type { Journal } from './journal.ts';
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

/** Keeps answers in a journal, beside their images, both, or nowhere. */
export function createArchive({ journal, sidecars, record, textOf }: Stores): Archive {
  if (journal !== undefined) return inJournal(journal, sidecars, record, textOf);
  return sidecars === undefined ? nowhere : besideImages(sidecars, textOf);
}

/** Whoever takes an answer has the only copy. */
export const nowhere: Archive = {
  needsKeys: false,
  makesRoom: false,
  look: () => undefined,
  recall: async () => undefined,
  placeOf: () => '',
  claim: async () => undefined,
  keep: async () => ({}),
  release: () => undefined,
};

function besideImages(sidecars: Sidecars, textOf: Stores['textOf']): Archive {
  // A file of text does not tell whether it was cut off.
  const look = (name: string): Kept | undefined => (sidecars.isThere(name) ? { isCutOff: false } : undefined);
  return {
    needsKeys: false,
    makesRoom: false,
    look,
    recall: async (name) => look(name),
    placeOf: (name) => sidecars.placeOf(name),
    claim: (name) => sidecars.claim(name),
    keep: async (outcome) => {
      if (outcome.kind !== 'answered') return {};
      return settle(sidecars.write(outcome.name, textOf(outcome.description)), 'not');
    },
    release: sidecars.release,
  };
}

/** What is wrong with one answer alone is thrown. */
async function settle(writing: Promise<void>, otherwise: Keeping) {
  try {
    await writing;
    return { kept: 'all' } as const;
  } catch (error) {
    if (error instanceof NoAnswerError) throw error;
    return { kept: otherwise, error };
  }
}

/**
 * The bytes decide what is known already: an answered image under a new name gets a line, and a file beside it, of its own,
 * and costs nothing.
 */
function inJournal(
  journal: Journal,
  sidecars: Sidecars | undefined,
  record: Recorder,
  textOf: Stores['textOf'],
): Archive {
  const look = (key: string): Kept | undefined =>
    journal.hasKey(key) ? { isCutOff: journal.isCutOff(key) } : undefined;
  const isMissing = (name: string) => sidecars?.isThere(name) === false;
  const writeBeside = async (name: string, text: string) => {
    if (!isMissing(name)) return;
    try {
      await sidecars?.claim(name);
      await sidecars?.write(name, textOf({ text }));
    } finally {
      sidecars?.release(name);
    }
  };
  return {
    needsKeys: true,
    makesRoom: true,
    look: (_, key) => look(key),
    recall: async (name, key) => {
      const needsFile = isMissing(name);
      const kept = look(key);
      if (kept === undefined || (journal.has(key, name) && !needsFile)) return kept;
      const known = await journal.find(key);
      if (known === undefined) return undefined;
      if (needsFile) await writeBeside(name, String(known.text ?? ''));
      // It was paid for once.
      if (!journal.has(key, name))
        await journal.append({ ...known, key, image: name, usage: null, elapsedMs: 0 });
      return kept;
    },
    placeOf: (_, key) => key,
    claim: async (name) => {
      if (isMissing(name)) await sidecars?.claim(name);
      await journal.tryRoom();
    },
    keep: async (outcome, key) => {
      if (outcome.kind === 'kept' || outcome.kind === 'notTried') return {};
      const line = { key, image: outcome.name, ...record(outcome) };
      const recorded = await settle(journal.append(line), 'not');
      if (recorded.kept === 'not' || outcome.kind !== 'answered' || sidecars === undefined) return recorded;
      // From here on it can be written again without being asked again.
      return settle(sidecars.write(outcome.name, textOf(outcome.description)), 'partly');
    },
    release: (name) => sidecars?.release(name),
  };
}
