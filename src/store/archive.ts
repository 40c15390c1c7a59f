import { NoAnswerError } from '../errors.ts';
import { isAnswer, type Result } from '../result.ts';
import type { Journal } from './journal.ts';
import type { Sidecars } from './sidecar.ts';
import { type Keeping, type Known, nowhere, type Store } from './store.ts';

interface Stores {
  readonly journal: Journal | undefined;
  readonly sidecars: Sidecars | undefined;
  /** What a journal tells of a result, without the key. */
  readonly record: (result: Result) => object;
  /** The text of an answer, as it goes into a file. */
  readonly textOf: (answer: { readonly text: string }) => string;
}

/** Keeps answers in a journal, beside their images, both, or nowhere. */
export function createStore({ journal, sidecars, record, textOf }: Stores): Store {
  if (journal !== undefined) return inJournal(journal, sidecars, record, textOf);
  return sidecars === undefined ? nowhere : besideImages(sidecars, textOf);
}

function besideImages(sidecars: Sidecars, textOf: Stores['textOf']): Store {
  // A file of text does not tell whether it was cut off.
  const look = (image: string): Known | undefined =>
    sidecars.isThere(image) ? { isCutOff: false } : undefined;
  return {
    needsKeys: false,
    makesRoom: false,
    look,
    recall: async (image) => look(image),
    placeOf: (image) => sidecars.placeOf(image),
    claim: (image) => sidecars.claim(image),
    keep: async (image, _, result) =>
      isAnswer(result) ? settle(sidecars.write(image, textOf(result)), 'not') : {},
    release: sidecars.release,
  };
}

/** What is wrong with one answer alone is thrown. */
async function settle(writing: Promise<void>, otherwise: 'not' | 'partly'): Promise<Keeping> {
  try {
    await writing;
    return { kept: 'all' };
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
  record: Stores['record'],
  textOf: Stores['textOf'],
): Store {
  const look = (key: string): Known | undefined =>
    journal.hasKey(key) ? { isCutOff: journal.isCutOff(key) } : undefined;
  const isMissing = (image: string) => sidecars?.isThere(image) === false;
  const writeBeside = async (image: string, text: string) => {
    if (!isMissing(image)) return;
    try {
      await sidecars?.claim(image);
      await sidecars?.write(image, textOf({ text }));
    } finally {
      sidecars?.release(image);
    }
  };
  return {
    needsKeys: true,
    makesRoom: true,
    look: (_, key) => look(key),
    recall: async (image, key) => {
      const needsFile = isMissing(image);
      const known = look(key);
      if (known === undefined || (journal.has(key, image) && !needsFile)) return known;
      const record = await journal.find(key);
      if (record === undefined) return undefined;
      if (needsFile) await writeBeside(image, String(record.text ?? ''));
      // It was paid for once.
      if (!journal.has(key, image))
        await journal.append({ ...record, key, image, usage: null, elapsedMs: 0 });
      return known;
    },
    placeOf: (_, key) => key,
    claim: async (image) => {
      if (isMissing(image)) await sidecars?.claim(image);
      await journal.tryRoom();
    },
    keep: async (image, key, result) => {
      const recorded = await settle(journal.append({ key, ...record(result), image }), 'not');
      if (recorded.kept === 'not' || !isAnswer(result) || sidecars === undefined) return recorded;
      // From here on it can be written again without being asked again.
      return settle(sidecars.write(image, textOf(result)), 'partly');
    },
    release: (image) => sidecars?.release(image),
  };
}
