import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answerWith, faults } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import { eachRow } from '../helpers/rows.ts';
import { createTerminal } from '../helpers/terminal.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const environment = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });

it('shows the image and the time while it waits, and leaves no trace', async () => {
  const terminal = createTerminal(200);
  const spinning = untilShown(terminal, /sunset\.jpg: waiting, \d+ s/);
  emulator.enqueue({ ...answerWith('A sunset.'), after: spinning });
  const { exitCode, stdout } = await runProgram([sunset], {
    environment: environment(),
    terminal: terminal.stream,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'A sunset.\n' });
  expect(terminal.output()).toMatch(/sunset\.jpg: waiting, \d+ s/);
  expect(await terminal.screen()).toBe('');
  expect(terminal.output()).not.toContain('\u001b[?25l');
});

it('shows how much of a large image is sent', async () => {
  const terminal = createTerminal(200);
  const large = temporaryFile(
    'large.png',
    Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(40_000_000)]),
  );
  const stop = new AbortController();
  // A server that reads nothing leaves the upload half done for as long as it takes to see it.
  const { createServer } = await import('node:net');
  const deaf = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
  await new Promise((resolve) => deaf.once('listening', resolve));
  const address = deaf.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const running = runProgram([large], {
    environment: { ...environment(), GOOGLE_GEMINI_BASE_URL: url },
    terminal: terminal.stream,
    signal: stop.signal,
  });
  await untilShown(terminal, /large\.png: sent \d+(\.\d+)? [kM]B of 53\.3 MB, \d+ s/);
  stop.abort('SIGINT');
  expect((await running).exitCode).toBe(130);
  expect(await terminal.screen()).toBe('');
  deaf.close();
});

it('steps aside for a warning, which stays', async () => {
  const terminal = createTerminal(200);
  emulator.enqueue(faults.unavailable.reply, {
    ...answerWith('A sunset.'),
    after: untilShown(terminal, /waiting, \d+ s/),
  });
  await runProgram([sunset], { environment: environment(), terminal: terminal.stream });
  expect(await terminal.screen()).toMatch(/^describe-image: attempt 1 of 4 failed: [^\n]+$/);
});

it('draws nothing where nobody wants it', () =>
  eachRow<[string, string[], Record<string, string>]>(
    [
      ['with --quiet', ['--quiet'], {}],
      ['in CI', [], { CI: 'true' }],
      ['at a dumb terminal', [], { TERM: 'dumb' }],
    ],
    async ([_, argv, variables]) => {
      const [terminal, reference] = [createTerminal(), createTerminal()];
      // Once a spinner that was started later is drawn, this one would have been drawn too.
      const later = { ...answerWith('A sunset.'), after: untilShown(reference, /waiting, \d+ s/) };
      emulator.enqueue(later, later);
      const undrawn = runProgram([sunset, ...argv], {
        environment: { ...environment(), ...variables },
        terminal: terminal.stream,
      });
      await Promise.all([
        undrawn,
        runProgram([sunset], { environment: environment(), terminal: reference.stream }),
      ]);
      expect(terminal.output()).toBe('');
    },
  ));

it('draws nothing on a terminal that does not know its width', async () => {
  const [terminal, reference] = [createTerminal(0), createTerminal()];
  const later = { ...answerWith('A sunset.'), after: untilShown(reference, /waiting, \d+ s/) };
  emulator.enqueue(later, later);
  const undrawn = runProgram([sunset], { environment: environment(), terminal: terminal.stream });
  await Promise.all([
    undrawn,
    runProgram([sunset], { environment: environment(), terminal: reference.stream }),
  ]);
  expect(terminal.output()).toBe('');
});

it('draws without colours where none are wanted', async () => {
  const terminal = createTerminal(200);
  emulator.enqueue({ ...answerWith('A sunset.'), after: untilShown(terminal, /waiting, \d+ s/) });
  await runProgram([sunset], { environment: { ...environment(), NO_COLOR: '1' }, terminal: terminal.stream });
  // Colours end in m; moving the cursor and clearing the line do not.
  expect(terminal.output()).not.toMatch(/\[[\d;]*m/);
});

it('colours errors and warnings at a terminal, and nothing with NO_COLOR or --no-color', async () => {
  const say = async (argv: string[], variables: Record<string, string>) => {
    const terminal = createTerminal();
    await runProgram(['/nowhere.png', ...argv], {
      environment: { ...environment(), ...variables },
      terminal: terminal.stream,
    });
    return terminal.output();
  };
  expect(await say([], {})).toContain('\u001b[31mdescribe-image:\u001b[39m /nowhere.png: no such file');
  expect(await say([], { NO_COLOR: '1' })).not.toContain('\u001b');
  expect(await say(['--no-color'], {})).not.toContain('\u001b');
  expect(await say(['--no-color'], { FORCE_COLOR: '1' })).not.toContain('\u001b');
  expect(await say([], { FORCE_COLOR: '0' })).not.toContain('\u001b');
});

async function untilShown(terminal: ReturnType<typeof createTerminal>, text: RegExp): Promise<void> {
  while (!text.test(terminal.output())) await new Promise(setImmediate);
}
