import { collect } from '../batch/collect.ts';
import { ApiError, DescribeImageError, type FailureKind, ImageError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import { printableLine } from '../output/printable.ts';
import type { Ask } from './ask.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodeFor, sayFailure } from './failure.ts';
import { openImages } from './images.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/**
 * Asks about each of several images by itself, one after the other, and writes each answer under a heading as soon as it is
 * there. A failure is said and the next image asked about, unless it would fail in the same way. Returns the exit code.
 */
export async function askAboutEach(ask: Ask, settings: Settings, io: Io, notices: Notices): Promise<number> {
  let answered = 0;
  const failures: unknown[] = [];
  for await (const found of imagesOf(settings, io, notices)) {
    if (io.stdout.isGone()) break;
    try {
      if ('error' in found) throw found.error;
      const heading = settings.format === 'text' ? headingOf(found.name, answered === 0) : '';
      await ask({ inputs: [found.input], label: found.name, heading });
      answered += 1;
    } catch (error) {
      if (concernsAll(error)) throw error;
      failures.push(error);
      sayFailure(error, notices, settings.isDebug);
    }
  }
  return summarize(answered, failures, settings, notices);
}

/** Asks one question about all images together. */
export async function askTogether(ask: Ask, settings: Settings, io: Io, notices: Notices): Promise<number> {
  const inputs: ImageInput[] = [];
  for await (const found of imagesOf(settings, io, notices)) {
    if ('error' in found) throw found.error;
    inputs.push(found.input);
  }
  if (inputs.length === 0) throw noImages();
  await ask({ inputs, label: `${inputs.length} images` });
  return exitCodes.answered.code;
}

function imagesOf(settings: Settings, io: Io, notices: Notices) {
  const skip = (name: string) => settings.isQuiet || notices.warning(`${name}: not an image, left out`);
  return collect(openImages(settings.images, io, settings.question, skip), settings.images.isRecursive);
}

/** As head(1) writes it. */
function headingOf(name: string, isFirst: boolean): string {
  return `${isFirst ? '' : '\n'}==> ${printableLine(name)} <==\n`;
}

/** Whether the next image would fail in the same way: a wrong setting, a refused key, a quota that is used up. */
function concernsAll(error: unknown): boolean {
  if (!(error instanceof DescribeImageError)) return true;
  const isUsedUp = error instanceof ApiError && [402, 429].includes(error.status) && !error.retryable;
  return isUsedUp || endings.has(error.kind);
}

const endings: ReadonlySet<FailureKind> = new Set(['usage', 'credential', 'output', 'aborted']);

/** One image that failed ends as if it had been named alone. */
function summarize(
  answered: number,
  failures: readonly unknown[],
  settings: Settings,
  notices: Notices,
): number {
  const total = answered + failures.length;
  if (total === 0 && !settings.isQuiet) notices.warning('no images in the list');
  if (failures.length === 0) return exitCodes.answered.code;
  if (total === 1) return exitCodeFor(failures[0]);
  notices.note(`${failures.length} of ${total} images failed`);
  return exitCodes.someFailed.code;
}

function noImages(): ImageError {
  return new ImageError('no images in the list', { hint: 'There is nothing to ask about.' });
}
