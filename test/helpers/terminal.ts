import { Writable } from 'node:stream';
import xterm from '@xterm/headless';

/** A terminal that shows what a person would see: `write` to its stream, `screen` to read it. */
export function createTerminal(columns = 80) {
  const terminal = new xterm.Terminal({ cols: columns, rows: 24, convertEol: true, allowProposedApi: true });
  let output = '';
  const cursor = (sequence: string) => {
    output += sequence;
    terminal.write(sequence);
    return true;
  };
  const stream = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        output += chunk;
        terminal.write(chunk, done);
      },
    }),
    {
      isTTY: true,
      columns,
      // What tty.WriteStream does with escape sequences: https://nodejs.org/api/tty.html#class-ttywritestream
      cursorTo: (x: number) => cursor(`\u001b[${x + 1}G`),
      clearLine: () => cursor('\u001b[2K'),
      moveCursor: (_x: number, y: number) => cursor(y < 0 ? `\u001b[${-y}A` : ''),
    },
  );
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
