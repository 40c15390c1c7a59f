import { readdirSync, readFileSync } from 'node:fs';

/** The numbers of the decoding processes that a process has started; on Linux alone. */
export function decodersOf(pid: number): readonly number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((number) => {
    const parent = /^PPid:\s*(\d+)$/m.exec(read(`/proc/${number}/status`))?.[1];
    return parent === String(pid) && read(`/proc/${number}/cmdline`).includes('decoder.cjs');
  });
}

/** Waits until a process has started a decoder, and returns its number. */
export async function decoderOf(pid: number): Promise<number> {
  for (;;) {
    const [decoder] = decodersOf(pid);
    if (decoder !== undefined) return decoder;
    await new Promise(setImmediate);
  }
}

/** Waits until there is no process of that number, or only what is left of one for its parent to look at. */
export async function ended(pid: number): Promise<void> {
  while (/^State:\s+[^ZX\s]/m.test(read(`/proc/${pid}/status`))) await new Promise(setImmediate);
}

/** The environment that a process was started with. */
export function environmentOf(pid: number): Readonly<Record<string, string>> {
  const entries = read(`/proc/${pid}/environ`).split('\0').filter(Boolean);
  return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s, 2)));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Half-transparent groups within groups, drawn 100,000 times over: a drawing that takes hours. */
export function endlessSvg(): Buffer {
  const levels = Array.from(
    { length: 5 },
    (_, level) => `<g id="a${level + 1}" opacity=".9">${`<use href="#a${level}"/>`.repeat(10)}</g>`,
  );
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="4096" height="4096" viewBox="0 0 9 9"><defs>` +
      `<rect id="a0" width="9" height="9"/>${levels.join('')}</defs><use href="#a5"/></svg>`,
  );
}

/** A TIFF file whose rows are all stored in the same few bytes, so that a small file decodes to a large image. */
export function blackTiff(width: number, height: number, channels: number): Buffer {
  const row = Buffer.alloc(width * channels);
  const entries: [tag: number, type: number, values: readonly number[]][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array<number>(channels).fill(8)],
    [259, 3, [1]],
    [262, 3, [channels < 3 ? 1 : 2]],
    [273, 4, Array<number>(height).fill(8)],
    [277, 3, [channels]],
    [278, 4, [1]],
    [279, 4, Array<number>(height).fill(row.length)],
    // What comes after the three colours, the first as transparency.
    ...(channels > 3
      ? [[338, 3, [2, ...Array<number>(channels - 4).fill(0)]] as [number, number, number[]]]
      : []),
  ];
  const directoryAt = 8 + row.length;
  const valuesAt = directoryAt + 2 + entries.length * 12 + 4;
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length);
  const outside: Buffer[] = [];
  for (const [index, [tag, type, values]] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    const bytes = Buffer.alloc(values.length * (type === 3 ? 2 : 4));
    for (const [place, value] of values.entries()) {
      if (type === 3) bytes.writeUInt16LE(value, place * 2);
      else bytes.writeUInt32LE(value, place * 4);
    }
    if (bytes.length <= 4) bytes.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(valuesAt + outside.reduce((sum, { length }) => sum + length, 0), at + 8);
      outside.push(bytes);
    }
  }
  const start = Buffer.from('II*\0\0\0\0\0', 'latin1');
  start.writeUInt32LE(directoryAt, 4);
  return Buffer.concat([start, row, directory, ...outside]);
}
