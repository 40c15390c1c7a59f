import { NoAnswerError } from '../errors.ts';
import { isAnswer, type Result } from '../result.ts';
import type { Journal } from './journal.ts';
import type { Sidecars } from './sidecar.ts';
import { type Keeping, type Known, nowhere, type Store } from './store.ts';

interface Stores {
  readonly journal: Journal | undefined;
  readonly sidecars: Sidecars | undefined;
  /** A result as a journal records it, without the API key. */
  readonly record: (result: Result) => object;
  /** The text of an answer as it goes into a file. */
  readonly textOf: (answer: { readonly text: string }) => string;
}

/** Keeps answers in a journal, in files beside their images, both, or nowhere. */
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
    placeOf: sidecars.placeOf,
    claim: sidecars.claim,
    keep: async (image, _, result) =>
      isAnswer(result) ? outcomeOf(sidecars.write(image, textOf(result)), 'not') : {},
    release: sidecars.release,
  };
}

/** An image under another name costs nothing: it gets a line and a file of its own with the answer that is known. */
function inJournal(
  journal: Journal,
  sidecars: Sidecars | undefined,
  record: Stores['record'],
  textOf: Stores['textOf'],
): Store {
  const needsFile = (image: string) => sidecars?.isThere(image) === false;
  const writeFile = async (image: string, text: string) => {
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
    look: (_, key) => journal.look(key),
    async recall(image, key) {
      const known = journal.look(key);
      const isMissing = needsFile(image);
      if (known === undefined || (journal.has(key, image) && !isMissing)) return known;
      const line = await journal.find(key);
      if (line === undefined) return undefined;
      if (isMissing) await writeFile(image, String(line.text));
      // It was paid for once.
      if (!journal.has(key, image)) await journal.append({ ...line, image, usage: null, elapsedMs: 0 });
      return known;
    },
    placeOf: (_, key) => key,
    async claim(image) {
      if (needsFile(image)) await sidecars?.claim(image);
      await journal.checkRoom();
    },
    async keep(image, key, result) {
      const recorded = await outcomeOf(journal.append({ ...record(result), key, image }), 'not');
      if (recorded.kept === 'not' || !isAnswer(result) || sidecars === undefined) return recorded;
      // It is recorded: the next run can write the file without asking again.
      return outcomeOf(sidecars.write(image, textOf(result)), 'partly');
    },
    release: (image) => sidecars?.release(image),
  };
}

/** What is wrong with one answer alone is thrown. */
async function outcomeOf(writing: Promise<void>, otherwise: 'not' | 'partly'): Promise<Keeping> {
  try {
    await writing;
    return { kept: 'all' };
  } catch (error) {
    if (error instanceof NoAnswerError) throw error;
    return { kept: otherwise, error };
  }
}
