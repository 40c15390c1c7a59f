import { existsSync } from 'node:fs';
import type { DescribeOptions } from '../engine/tools.ts';
import { UsageError } from '../errors.ts';
import { isFolder } from '../image/bytes.ts';
import type { ImageInput } from '../image/source.ts';
import type { OptionValues } from '../options/table.ts';
import { defaults, flagName } from '../options/table.ts';
import type { Io } from './io.ts';
import { sortOperands } from './operands.ts';

/** Which images are asked about, as the person named them. */
export interface ImageSettings {
  /** Paths, URLs, folders, `-`. */
  readonly words: readonly string[];
  readonly isClipboard: boolean;
  /** A file with names in it, or `-`. */
  readonly list: string | undefined;
  readonly isNullSeparated: boolean;
  readonly isRecursive: boolean;
  /** Whether all go into one request. */
  readonly isTogether: boolean;
  /** Whether there may be more than one, so that each answer needs a heading. */
  readonly isSeveral: boolean;
}

interface Resolved {
  readonly images: ImageSettings;
  /** The prompt among the operands, where there is one. */
  readonly prompt: string | undefined;
}

/** Understands what names images. Throws a `UsageError`, also where two things would read standard input. */
export function resolveImages(operands: readonly string[], values: OptionValues, io: Io): Resolved {
  const { prompt, filesFrom: list, clipboard = false, together = false, recursive = false } = values;
  const hasImages = list !== undefined || clipboard;
  const hasPrompt = prompt !== undefined;
  const sorted = sortOperands(operands, { hasPrompt, hasImages, exists: existsSync });
  const words = sorted.images;
  checkStandardInput(words, list, prompt, io);
  if (values.sidecar !== undefined && (clipboard || words.includes('-'))) {
    throw new UsageError('--sidecar requires images that are files', {
      hint: 'Use -o instead, or save the image to a file first.',
    });
  }
  if (values.null && list === undefined) {
    throw new UsageError(`${flagName('null')} requires ${flagName('filesFrom')}`, {
      hint: 'Omit -0, or add --files-from.',
    });
  }
  const isSeveral = list !== undefined || words.length + Number(clipboard) > 1 || words.some(isFolder);
  return {
    images: {
      words,
      isClipboard: clipboard,
      list,
      isNullSeparated: values.null ?? false,
      isRecursive: recursive,
      isTogether: together,
      isSeveral,
    },
    prompt: sorted.prompt,
  };
}

/** Standard input can be read once. */
function checkStandardInput(
  words: readonly string[],
  list: string | undefined,
  prompt: string | undefined,
  { isStdinTerminal }: Io,
): void {
  const readers = [
    ...words.filter((word) => word === '-').map(() => 'an image'),
    ...(list === '-' ? ['--files-from -'] : []),
    ...(prompt === '-' ? ['-p -'] : []),
  ];
  if (readers.length > 1) {
    throw new UsageError(`standard input can be read only once, not by ${readers.join(' and ')}`, {
      hint: 'Save one of them to a file first.',
    });
  }
  if (readers.length === 1 && prompt !== '-' && isStdinTerminal()) {
    throw new UsageError('- reads standard input, which is a terminal', {
      hint: 'For example: curl -sSL https://example.com/a.png | describe-image - "what is this?"',
    });
  }
}

/** What the operands and `--clipboard` name, in order: images and folders. */
export function namedImages(
  { isClipboard, words }: ImageSettings,
  io: Io,
  limits: Limits,
): readonly ImageInput[] {
  const named = words.map((word) => (word === '-' ? { name: 'standard input', data: io.stdin() } : word));
  return isClipboard ? [clipboardInput(io, limits), ...named] : named;
}

/** How long the clipboard is waited for, and how much of it is read. */
type Limits = Pick<DescribeOptions, 'timeoutMs' | 'maxRequestBytes'>;

function clipboardInput({ platform, environment, signal }: Io, limits: Limits): ImageInput {
  // The programs that are asked have no business with the key.
  const { GEMINI_API_KEY: _, GOOGLE_API_KEY: __, ...handedOn } = environment;
  const maxBytes = limits.maxRequestBytes ?? defaults.maxRequestBytes;
  const timeoutMs = limits.timeoutMs ?? defaults.timeoutMs;
  const read = async function* () {
    const { readClipboard } = await import('../image/clipboard.ts');
    yield await readClipboard({ platform, environment: handedOn, maxBytes, timeoutMs, signal });
  };
  return { name: 'clipboard', data: read() };
}
