import { Writable } from 'node:stream';
import xterm from '@xterm/headless';

interface TerminalMethods {
  isTTY: boolean;
  columns: number;
  cursorTo(x: number): boolean;
  clearLine(): boolean;
  moveCursor(x: number, y: number): boolean;
}

/** A terminal that shows what a person would see: `write` to its stream, `screen` to read it. */
export function createTerminal(columns = 80) {
  const terminal = new xterm.Terminal({
    cols: Math.max(columns, 2),
    rows: 24,
    convertEol: true,
    allowProposedApi: true,
  });
  let output = '';
  const base = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      output += chunk;
      terminal.write(chunk, done);
    },
  });
  // In the order of everything else that is written.
  const cursor = (sequence: string): boolean => stream.write(sequence);
  const stream: Writable & TerminalMethods = Object.assign(base, {
    isTTY: true,
    columns,
    // What tty.WriteStream does with escape sequences: https://nodejs.org/api/tty.html#class-ttywritestream
    cursorTo: (x: number) => cursor(`\u001b[${x + 1}G`),
    clearLine: () => cursor('\u001b[2K'),
    moveCursor: (_x: number, y: number) => y >= 0 || cursor(`\u001b[${-y}A`),
  });
  return {
    stream,
    /** Everything that was written, escape sequences and all. */
    output: () => output,
    /** The lines that stand on the screen now, without empty ones at the end. */
    screen: async () => {
      await new Promise<void>((resolve) => terminal.write('', resolve));
      const lines = Array.from(
        { length: 24 },
        (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? '',
      );
      return lines.join('\n').trimEnd();
    },
  };
}
