import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Pixels } from './pixels.ts';
import { sharpPath } from './sharp.ts';
import { toPlainSvg } from './svg-text.ts';

interface DrawOptions {
  /** Longest side in pixels, where the drawing is to be smaller than it would be. */
  readonly maxEdge?: number | undefined;
  /** Raised when the drawing is no longer wanted. */
  readonly stop: AbortSignal;
}

/** Small drawings are drawn this large, so that their details can be seen; larger ones as large as they say, … */
const leastEdge = 1024;
/** … up to here. */
const mostEdge = 4096;

/**
 * Draws an SVG file with its longest side between 1,024 and 4,096 pixels, or `maxEdge` if that is smaller.
 * It is drawn in a process of its own: a few lines of SVG can keep the renderer busy for days, nothing but the end of its
 * process stops it, and it writes warnings straight to standard error. It is given no path or address to read other files
 * by: https://gnome.pages.gitlab.gnome.org/librsvg/Rsvg-2.0/class.Handle.html
 */
export async function drawSvg(bytes: Buffer, { maxEdge = mostEdge, stop }: DrawOptions): Promise<Pixels> {
  const svg = toPlainSvg(bytes);
  const child = fork('draw-svg', [], {
    // It has no business with the key.
    env: {},
    execArgv: ['--eval', `const sharp = require(${JSON.stringify(sharpPath())});${program}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => Promise.reject(unfinished()));
  ended.catch(() => undefined); // It may end while nobody asks.
  const ask = async (request: Request): Promise<Reply> => {
    const answered = once(child, 'message', { signal: stop });
    child.send(request, () => undefined); // Whoever cannot be reached has ended.
    const [reply] = await Promise.race([answered, ended]);
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  };
  try {
    const natural = await ask({ svg, density: pixelsPerInch });
    const longest = Math.max(natural.width, natural.height);
    const edge = Math.min(Math.max(longest, leastEdge), mostEdge, maxEdge);
    // A drawing in inches or millimetres grows by the square of this; it is drawn no larger than the edge all the same.
    const enlargement = Math.max(1, edge / longest);
    return await ask({ density: pixelsPerInch * enlargement, edge });
  } finally {
    child.kill('SIGKILL');
  }
}

/** One pixel of the drawing is one pixel of the image. */
const pixelsPerInch = 72;

/** Asks for the size, or with an `edge` for the pixels. */
interface Request {
  readonly svg?: Buffer;
  readonly density: number;
  readonly edge?: number;
}

interface Reply extends Pixels {
  readonly error?: string;
}

/** Runs in the other process. Ctrl-C reaches that one too, and is the business of this one, without which it ends. */
const program = `
const { process: self } = globalThis;
let svg;
self.on('SIGINT', () => undefined);
self.on('disconnect', () => self.kill(self.pid, 'SIGKILL'));
self.on('message', async (request) => {
  svg ??= request.svg;
  const { density, edge } = request;
  try {
    const image = sharp(svg, { density, limitInputPixels: false });
    if (edge === undefined) {
      const { width, height } = await image.metadata();
      self.send({ width, height });
    } else {
      const resized = image.resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true });
      const { data, info } = await resized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
      self.send({ data, width: info.width, height: info.height, channels: info.channels });
    }
  } catch (error) {
    self.send({ error: error.message });
  }
});
`;

function unfinished(): Error {
  return new Error('the renderer ended before it was done');
}
