import { ImageError } from '../errors.ts';
import { option, type Sentence, say } from '../sentence.ts';
import type { ByteSource } from './bytes.ts';
import { prebuilt } from './formats/fast-sniff.ts';
import type { Dimensions, Format } from './formats/image-format.ts';
import { readerOf } from './formats/readers.ts';

/** What an image is, and how it may go. */
export interface Decision {
  /** The type to declare, where the image goes as it is. */
  readonly mimeType: string;
  /** Undefined where the bytes are of no known format. */
  readonly format: Format | undefined;
  /** Whether a person declared the type: then it goes as it is, whatever it is. */
  readonly isDeclared: boolean;
  readonly warning?: string;
}

export interface FitOptions {
  /** Makes a picture the API takes of one it does not. */
  readonly convert: boolean;
  /** The longest side in pixels; what is larger is scaled down. */
  readonly maxEdge?: number | undefined;
  /** Removes EXIF, GPS position, XMP and comments. */
  readonly stripMetadata: boolean;
  /** Bound on decoding, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** An image as it is sent. */
interface Fitted {
  /** To be closed where it is another than what came. */
  readonly readable: ByteSource;
  readonly mimeType: string;
  readonly dimensions: Dimensions | undefined;
  readonly changes: readonly string[];
}

/**
 * Makes an image fit to be sent: converted where the API does not take its format, scaled down and freed of metadata where
 * that was asked for, and as it is otherwise. Throws an `ImageError` for what cannot be done.
 */
export async function fitToSend(
  readable: ByteSource,
  name: string,
  { format, mimeType, isDeclared }: Decision,
  options: FitOptions,
): Promise<Fitted> {
  const { maxEdge = Number.POSITIVE_INFINITY, stripMetadata } = options;
  const reader = format?.sendable ? await readerOf(format.mimeType) : undefined;
  const dimensions = reader?.measure(readable);
  refuseTooManyPixels(dimensions, name);
  const asIs = { readable, mimeType, dimensions, changes: [] };
  const isTaken = format === undefined || format.sendable || isDeclared;
  const isSmall = dimensions !== undefined && Math.max(dimensions.width, dimensions.height) <= maxEdge;
  if (!isTaken || (options.maxEdge !== undefined && !isSmall)) {
    const changed = await reencoded(readable, name, known(format, name), options);
    // Undefined where the header did not tell that it is small enough.
    if (changed !== undefined) return changed;
  }
  return stripMetadata ? stripped(asIs, name, known(format, name)) : asIs;
}

/** No service decodes more, and whoever tried would be short of memory: such a file is a trap or a mistake. */
const maxPixels = 1_000_000_000;

function refuseTooManyPixels(dimensions: Dimensions | undefined, name: string): void {
  const { width = 0, height = 0 } = dimensions ?? {};
  if (width * height <= maxPixels) return;
  throw new ImageError(
    `${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels, more than the limit of 1,000 megapixels`,
    { hint: 'Scale it down with another program, if you trust its source.' },
  ).about(name);
}

async function reencoded(
  readable: ByteSource,
  name: string,
  format: Format,
  { maxEdge, stripMetadata, timeoutMs, signal }: FitOptions,
): Promise<Fitted | undefined> {
  const { decodabilityOf, reencode } = await import('./convert.ts');
  const decodability = await decodabilityOf(format, name);
  if (decodability !== 'decodable') throw cannotScale(name, format, decodability !== 'not installed');
  const result = await reencode(readable, format, {
    name,
    maxEdge,
    timeoutMs: Math.min(timeoutMs, maxDecodingMs),
    signal,
  });
  if (result === undefined) return undefined;
  const { readable: made, mimeType, changes } = result;
  const reader = await readerOf(mimeType);
  const all = stripMetadata ? [...changes, 'removed metadata'] : changes;
  return { readable: made, mimeType, dimensions: reader?.measure(made), changes: all };
}

/** Decoding has no network to wait for: what takes longer is a trap. */
const maxDecodingMs = 30_000;

function cannotScale(name: string, format: Format, isInstalled: boolean): ImageError {
  return new ImageError(`${format.name}, which cannot be scaled down here`, {
    hint: isInstalled
      ? say`Convert it to JPEG first, for example with heif-convert, or omit ${option('maxEdge')}.`
      : say`${installSharp}, or omit ${option('maxEdge')}.`,
  }).about(name);
}

const installSharp = 'Install sharp next to describe-image (npm install sharp)';

async function stripped(asIs: Fitted, name: string, format: Format): Promise<Fitted> {
  const { stripMetadata } = await import('./formats/strip.ts');
  const { readable, removed } = await stripMetadata(asIs.readable, format.mimeType, name);
  return { ...asIs, readable, changes: removed.length === 0 ? [] : [`removed ${removed.join(', ')}`] };
}

/** What is to be changed has to be understood, and an extension alone is no understanding. */
function known(format: Format | undefined, name: string): Format {
  if (format !== undefined) return format;
  throw new ImageError('unknown format, so it cannot be changed', {
    hint: say`Omit ${option('maxEdge')} and ${option('stripMetadata')}, or save it as PNG, JPEG or WebP.`,
  }).about(name);
}

/** Throws an `ImageError` for a format that the API does not take and that cannot be, or is not to be, converted. */
export async function refuseUnsendable(
  name: string,
  { format, isDeclared }: Decision,
  { convert }: Pick<FitOptions, 'convert'>,
  isFile: boolean,
): Promise<void> {
  if (format === undefined || format.sendable || isDeclared) return;
  const { unsupported } = await import('./unsendable.ts');
  if (format.sharp === undefined || !convert) throw await unsupported(name, format, { isFile });
  const { decodabilityOf } = await import('./convert.ts');
  const decodability = await decodabilityOf(format, name);
  if (decodability === 'decodable') return;
  const wouldHelp = decodability === 'not installed' && prebuilt.has(format.mimeType);
  throw await unsupported(name, format, { isFile, instead: wouldHelp ? installSharp : undefined });
}

interface Sized {
  readonly bytes: number;
  readonly mimeType: string;
  readonly dimensions: Dimensions | undefined;
}

/** What is not scaled down here: https://sharp.pixelplumbing.com/install#prebuilt-binaries */
const unscalable: ReadonlySet<string> = new Set(['image/heic', 'image/heif']);

/**
 * What would make a request smaller, in one line.
 *
 * @param ratio what it may have of its bytes, from 0 to 1
 */
export function adviceOnSize(images: readonly Sized[], ratio: number): Sentence {
  const largest = images.toSorted((one, other) => other.bytes - one.bytes)[0];
  if (largest === undefined) return 'Send fewer images.';
  const fewer = images.length > 1 ? 'Use fewer images, or smaller ones' : '';
  if (unscalable.has(largest.mimeType)) {
    return fewer
      ? `${fewer}.`
      : say`Convert it to JPEG first, for example with heif-convert, and use ${option('maxEdge')}.`;
  }
  const { width, height } = largest.dimensions ?? { width: 0, height: 0 };
  // Bytes go with the square of the edge, about; a little less is safer.
  const edge = Math.floor((Math.max(width, height) * Math.sqrt(ratio) * 0.9) / 16) * 16;
  const scaled =
    edge > 0
      ? say`Scale it down with ${option('maxEdge')} ${edge}`
      : say`Scale it down with ${option('maxEdge')}`;
  return fewer ? say`${fewer}: ${option('maxEdge')} ${Math.max(edge, 16)}.` : say`${scaled}.`;
}
