import { setImmediate } from 'node:timers/promises';
import { AbortedError, ImageError } from '../errors.ts';
import { option, say } from '../sentence.ts';
import type { Path } from './bytes.ts';
import { asText, type Inputs, join, type Listing, list, mayBeImage, type Names, unpack } from './listing.ts';
import { isNamedImage, openIfImage } from './looks-like-image.ts';
import { type ImageInput, isOpened, isWebUrl, nameOfInput, type OpenedSource, openedFile } from './source.ts';

/** An image that was named, or found in a folder that was; opened where only its bytes told that it is one. */
export interface Found {
  readonly name: string;
  readonly inputs: readonly [ImageInput | OpenedSource];
}

/** A name that stands for no image. */
export interface NotFound {
  readonly name: string;
  readonly error: ImageError;
}

export interface SearchOptions {
  /** Listed at once, to its end: then the total is known early. */
  readonly ahead?: Inputs | undefined;
  /** What comes after that, listed as it is asked for. */
  readonly later?: Inputs | undefined;
  /** Whether subfolders are searched. */
  readonly isRecursive: boolean;
  /** Told what a list names that is not an image. */
  readonly onSkip?: ((name: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A search for images, which lists each folder once. */
export interface Search {
  /**
   * Yields the images in order, once: a folder stands for those in it, in natural order, then those of its subfolders, and
   * everything else for itself. A folder that cannot be read or holds no image is one `NotFound`. Throws what the inputs throw.
   */
  images(): AsyncGenerator<Found | NotFound>;
  /** Yields the names of what may be an image once all is listed ahead, until the images are asked for. Throws likewise. */
  names(): AsyncGenerator<string>;
  /** How many images are found so far, as far as names tell; bytes correct it when an image is reached. */
  found(): number;
  /** The same of all; undefined until they are listed. */
  total(): number | undefined;
  /** Ends the listing. */
  stop(): void;
}

/** Starts to search. */
export function search({ ahead, later, isRecursive, onSkip, signal }: SearchOptions): Search {
  let found = 0;
  let isListed = false;
  let isStopped = false;
  let first = ahead && chain(listAhead(ahead));

  async function breathe(): Promise<void> {
    await setImmediate();
    if (isStopped || signal?.aborted) throw new AbortedError('aborted', { cause: signal?.reason });
  }

  async function* counted(listings: AsyncIterable<Listing>): AsyncGenerator<Listing> {
    for await (const listing of listings) {
      found += listing.count;
      yield listing;
    }
  }

  async function* listAhead(inputs: Inputs): AsyncGenerator<Listing> {
    yield* counted(list(inputs, { isRecursive, batchLength: maxBatchLength, breathe }));
    isListed = later === undefined;
  }

  async function* listAll(): AsyncGenerator<Listing> {
    let link = await first;
    // What was reached is not kept.
    first = undefined;
    for (; link !== undefined; link = await link.next) yield link.listing;
    if (later !== undefined) yield* counted(list(later, { isRecursive, batchLength: 1, breathe }));
    isListed = true;
  }

  async function* images(): AsyncGenerator<Found | NotFound> {
    /** Images and failures in the folder that was named. */
    let reached = 0;
    for await (const listing of listAll()) {
      switch (listing.kind) {
        case 'input':
          yield { name: nameOfInput(listing.input), inputs: [listing.input] };
          break;
        case 'failure':
          reached += 1;
          yield listing;
          break;
        case 'names':
          for await (const image of imagesIn(listing)) {
            reached += 1;
            yield image;
          }
          // A list is no folder.
          if (listing.folder === undefined) reached = 0;
          break;
        case 'end':
          found += Number(reached === 0) - listing.count;
          if (reached === 0) yield { name: listing.name, error: withoutImages(listing, isRecursive) };
          reached = 0;
      }
    }
  }

  async function* imagesIn(names: Names): AsyncGenerator<Found> {
    let steps = 0;
    let opened: OpenedSource | undefined;
    try {
      for (const { path, name } of pathsIn(names)) {
        const input = imageAt(path, name);
        found += Number(input !== undefined) - Number(mayBeImage(name));
        opened = input && isOpened(input) ? input : undefined;
        if (input !== undefined) yield { name, inputs: [input] };
        else if (names.folder === undefined) onSkip?.(name);
        opened = undefined;
        steps += 1;
        if (steps % stepsPerBreath === 0) await breathe();
      }
    } finally {
      // Whoever left may not have taken it.
      opened?.readable.settle();
    }
  }

  async function* names(): AsyncGenerator<string> {
    let steps = 0;
    for (let link = await first; link !== undefined; link = await link.next) {
      const { listing } = link;
      if (listing.kind === 'input') yield nameOfInput(listing.input);
      for (const { name } of listing.kind === 'names' ? pathsIn(listing) : []) {
        yield name;
        steps += 1;
        if (steps % stepsPerBreath === 0) await breathe();
      }
    }
  }

  return {
    images,
    names,
    found: () => found,
    total: () => (isListed ? found : undefined),
    stop: () => {
      isStopped = true;
    },
  };
}

/** So many names are looked at before other work can go on, such as Ctrl-C. */
const stepsPerBreath = 200;

/** So many names of a list are kept together. */
const maxBatchLength = 500;

interface Link {
  readonly listing: Listing;
  readonly next: Promise<Link | undefined>;
}

/** Pulls all listings, without being asked for the next one. */
function chain(listings: AsyncIterator<Listing>): Promise<Link | undefined> {
  const link = listings
    .next()
    .then(({ done, value }) => (done ? undefined : { listing: value, next: chain(listings) }));
  // Thrown to whoever comes to it.
  link.catch(() => undefined);
  return link;
}

function* pathsIn({ folder, names }: Names): Generator<{ readonly path: Path; readonly name: string }> {
  for (const bytes of unpack(names)) {
    const path = asText(folder === undefined ? bytes : join(folder, bytes));
    yield { path, name: folder === undefined ? nameOfInput(path.toString()) : path.toString() };
  }
}

/** The image at a path; undefined where neither its name nor its bytes are those of one. */
function imageAt(path: Path, name: string): ImageInput | OpenedSource | undefined {
  if (typeof path === 'string' && isWebUrl(path)) return path;
  if (isNamedImage(name)) return path === name ? path : { name, path };
  const readable = openIfImage(path, name);
  return readable && openedFile(name, readable);
}

function withoutImages(
  { name, hasFolders }: { readonly name: string; readonly hasFolders: boolean },
  isRecursive: boolean,
): ImageError {
  const hint =
    hasFolders && !isRecursive
      ? say`Use ${option('recursive')} to include subfolders.`
      : 'Use another folder.';
  return new ImageError('a folder without images', { hint }).about(name);
}
