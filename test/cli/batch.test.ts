import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerWith, faults, honest, rateLimit } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { folderOf, temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { type ProgramOptions, runProgram } from '../helpers/program.ts';
import { answer, http, startRawServer } from '../helpers/raw-server.ts';

const emulator = useEmulator();
const environment = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });
const ask = (argv: string[], options: ProgramOptions = {}) =>
  runProgram(argv, { ...options, environment: { ...environment(), ...options.environment } });

describe('a batch', () => {
  it('asks several at once and writes the answers in order', async () => {
    const folder = folderOf(9);
    // The first takes longest: the others are done before it.
    emulator.enqueue({ ...honest, delayMs: 50 }, ...Array.from({ length: 8 }, () => honest));
    const { exitCode, stdout } = await ask([folder, 'what is this?', '-c', '3']);
    expect(exitCode).toBe(0);
    expect(headingsOf(stdout)).toEqual(Array.from({ length: 9 }, (_, index) => `${folder}/${index}.png`));
  });

  it('lets one damaged image fail alone, and tells it in JSON where it stands', async () => {
    const folder = folderOf(3);
    writeFileSync(join(folder, '1.png'), 'Not an image.');
    emulator.enqueue(honest, honest);
    const { exitCode, stdout } = await ask([folder, '--json']);
    expect(exitCode).toBe(7);
    const records = linesOf(stdout);
    expect(records.map(({ image }) => image)).toEqual(['0', '1', '2'].map((name) => `${folder}/${name}.png`));
    expect(records[1]).toMatchObject({
      error: { kind: 'image', message: expect.stringContaining('text, but'), status: null },
    });
    expect(records[1]).not.toHaveProperty('text');
  });

  it('tells in JSON which image met what ended all, once', async () => {
    const folder = folderOf(3);
    emulator.enqueue(honest, faults['bad-key'].reply);
    const { exitCode, stdout } = await ask([folder, '--json', '-c', '1']);
    expect(exitCode).toBe(4);
    expect(linesOf(stdout)).toMatchObject([
      { image: `${folder}/0.png`, outcome: 'answered' },
      { image: `${folder}/1.png`, outcome: 'failed', error: { kind: 'credential' } },
    ]);
  });

  it('stops at the first failure with --fail-fast, and counts the rest as not tried', async () => {
    const folder = folderOf(5);
    writeFileSync(join(folder, '1.png'), '');
    emulator.enqueue(honest);
    const { exitCode, stderr } = await ask([folder, '--fail-fast', '-c', '1']);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('5 images: 1 answered, 1 failed, 3 not tried');
  });

  it('counts all images, not those it came to, where the first one fails and ends it', async () => {
    const folder = folderOf(5);
    writeFileSync(join(folder, '0.png'), '');
    const { exitCode, stderr } = await ask([folder, '--fail-fast', '-c', '1']);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('5 images: 1 failed, 4 not tried');
  });

  it('stops where the server asks to wait longer than it may', async () => {
    const folder = folderOf(5);
    emulator.enqueue(rateLimit(90));
    const { exitCode, stderr } = await ask([folder, '-c', '1']);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('5 images: 5 not tried');
  });

  it('waits with all where one has no attempt left', async () => {
    const folder = folderOf(2);
    emulator.enqueue(rateLimit(30), honest);
    const { exitCode, waitsMs } = await ask([folder, '-c', '1', '--retries', '0']);
    expect(exitCode).toBe(7);
    expect(Math.max(...waitsMs)).toBeGreaterThan(29_000);
  });

  it('says nothing when quiet, whatever happens', async () => {
    const folder = folderOf(2);
    emulator.enqueue(rateLimit(30), honest, honest);
    const output = join(folder, 'captions.jsonl');
    expect(await ask([folder, '-c', '1', '-o', output, '--quiet'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('stops at once where all would fail, with what is done kept', async () => {
    for (const [fault, code] of [
      ['bad-key', 4],
      ['no-credit', 5],
      ['daily-quota', 5],
      ['unknown-model', 5],
      ['failed-precondition', 5],
    ] as const) {
      const folder = folderOf(5);
      const output = join(folder, 'captions.jsonl');
      emulator.enqueue(honest, faults[fault].reply);
      const { exitCode, stderr } = await ask([folder, '-o', output, '-c', '1']);
      expect(exitCode, fault).toBe(code);
      expect(stderr, fault).toContain('5 images: 1 answered, 4 not tried');
      expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(1);
    }
  });

  it('stops at once where the message alone says that all would fail', async () => {
    for (const [message, status, code, advice] of [
      ['Your monthly spending limit is reached.', 429, 5, 'Add credit'],
      ['API key expired.', 400, 4, 'Check the key'],
    ] as const) {
      emulator.enqueue(honest, { status, body: { error: { code: status, message } } });
      const { exitCode, stderr } = await ask([folderOf(4), '-c', '1']);
      expect(exitCode, message).toBe(code);
      expect(stderr).toContain(advice);
      expect(stderr).toContain('4 images: 1 answered, 3 not tried');
    }
  });

  it('stops where five images in a row find no network, through a proxy too', async () => {
    const folder = folderOf(8);
    const output = join(folder, 'captions.jsonl');
    const closed = await startRawServer(() => undefined);
    await closed.close();
    for (const options of [
      { environment: { GOOGLE_GEMINI_BASE_URL: closed.url } },
      { environment: { GOOGLE_GEMINI_BASE_URL: 'https://gateway.invalid' }, proxy: closed.url },
    ]) {
      const { exitCode, stderr, waitsMs } = await ask(
        [folder, '-o', output, '-c', '1', '--retries', '1'],
        options,
      );
      expect(exitCode).toBe(5);
      expect(stderr).toContain('5 images in a row');
      expect(stderr).toContain('8 images: 5 failed, 3 not tried');
      expect(waitsMs).toHaveLength(5);
    }
  });

  it('stops where answers come compressed in a way that nobody here can undo', async () => {
    const server = await startRawServer(answer(http('200 OK', ['Content-Encoding: exi'], 'x')));
    const environment = { GOOGLE_GEMINI_BASE_URL: server.url };
    const { exitCode, stderr } = await ask([folderOf(4), '-c', '1'], { environment });
    expect(exitCode).toBe(5);
    expect(stderr).toContain('4 images: 4 not tried');
    expect(server.connections()).toBe(1);
  });

  it('waits with all requests when the server says to one that there are too many', async () => {
    const folder = folderOf(4);
    emulator.enqueue(rateLimit(30), honest, honest, honest, honest);
    const { exitCode, stderr, waitsMs } = await ask([folder, '-c', '1', '--verbose']);
    expect(exitCode).toBe(0);
    expect(Math.max(...waitsMs)).toBeGreaterThan(29_000);
    expect(stderr.match(/rate limit reached; all requests wait until \d\d:\d\d:\d\d/g)).toHaveLength(1);
  });

  it('starts no more requests a minute than it may', async () => {
    const folder = folderOf(4);
    emulator.enqueue(honest, honest, honest, honest);
    const { exitCode, waitsMs } = await ask([folder, '--rpm', '6', '-c', '4']);
    expect(exitCode).toBe(0);
    // Ten seconds apart, less what the work itself took.
    expect(waitsMs).toHaveLength(3);
    for (const waitMs of waitsMs) expect(waitMs).toBeLessThanOrEqual(10_000);
    expect(waitsMs.reduce((sum, waitMs) => sum + waitMs)).toBeGreaterThan(20_000);
  });

  it('goes on where a file is gone that was there when the folder was read', async () => {
    const folder = folderOf(4);
    emulator.enqueue({ ...honest, delayMs: 20 }, honest, honest);
    const running = ask([folder, '-c', '1']);
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    rmSync(join(folder, '3.png'));
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(7);
    expect(stderr).toContain(`${folder}/3.png: no such file`);
  });

  it('finishes what is begun when it is told to, and ends with 130', async () => {
    const folder = folderOf(6);
    const output = join(folder, 'captions.jsonl');
    const finish = new AbortController();
    emulator.enqueue(honest, honest);
    const running = ask([folder, '-o', output, '-c', '2'], { finish: finish.signal });
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    finish.abort();
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    const { length } = linesOf(readFileSync(output, 'utf8'));
    expect(length).toBeGreaterThanOrEqual(1);
    expect(stderr).toContain(`6 images: ${length} answered, ${6 - length} not tried`);
  });

  it('prints the answers that came, though one before them did not, when it is stopped at once', async () => {
    const folder = folderOf(4);
    const stop = new AbortController();
    emulator.enqueue({ hang: true }, answerWith('One.'), answerWith('Two.'), { hang: true });
    const running = ask([folder, '-c', '2'], { signal: stop.signal });
    // The last one is asked about once the second and the third have their answers.
    while (emulator.requests.length < 4) await new Promise(setImmediate);
    stop.abort('SIGINT');
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' });
    expect(stdout).toBe(`==> ${folder}/1.png <==\nOne.\n\n==> ${folder}/2.png <==\nTwo.\n`);
  });
});

describe('a batch that is terminated', () => {
  it('writes the answers that came, and sums up', async () => {
    const folder = folderOf(4);
    const stop = new AbortController();
    emulator.enqueue({ hang: true }, answerWith('One.'), { hang: true });
    const running = ask([folder, 'caption', '-c', '2', '--verbose'], { signal: stop.signal });
    while (emulator.requests.length < 3) await new Promise(setImmediate);
    stop.abort('SIGTERM');
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 143, stdout: `==> ${folder}/1.png <==\nOne.\n` });
    expect(stderr).toContain('4 images: 1 answered, 3 not tried');
  });

  it('sums up what its journal holds', async () => {
    const folder = folderOf(4);
    const output = join(folder, 'captions.jsonl');
    const stop = new AbortController();
    emulator.enqueue(honest, { hang: true });
    const running = ask([folder, 'caption', '-c', '1', '-o', output], { signal: stop.signal });
    while (emulator.requests.length < 2) await new Promise(setImmediate);
    stop.abort('SIGTERM');
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(143);
    expect(stderr).toContain('4 images: 1 answered, 3 not tried');
    expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(1);
  });
});

describe('the journal', () => {
  it('makes the next run ask only what is missing, changed or failed', async () => {
    const folder = folderOf(4);
    const output = join(folder, 'captions.jsonl');
    writeFileSync(join(folder, '3.png'), '');
    emulator.enqueue(honest, honest, honest);
    expect(await ask([folder, 'caption', '-o', output])).toMatchObject({ exitCode: 7, stdout: '' });
    expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(4);

    cpSync(fixture('images/jfif.jpg'), join(folder, '3.png'));
    cpSync(fixture('images/lossy.webp'), join(folder, '2.png'));
    emulator.enqueue(honest, honest);
    const { exitCode, stdout, stderr } = await ask([folder, 'caption', '-o', output]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('4 images: 2 answered, 2 kept');
    expect(emulator.requests).toHaveLength(5);
  });

  it('asks again where the question, the model or a setting is another', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    const questions = [
      [],
      ['-t', '1'],
      ['-m', 'gemini-2.5-flash'],
      ['--system', 'brief'],
      ['--max-edge', '40'],
    ];
    for (const more of questions) {
      emulator.enqueue(honest);
      await ask([folder, 'caption', '-o', output, ...more]);
    }
    for (const more of [...questions, ['-m', 'models/gemini-2.5-pro'], ['--retries', '1'], ['-c', '9']]) {
      expect((await ask([folder, 'caption', '-o', output, ...more])).stderr).toContain('1 image: 1 kept');
    }
  });

  it('asks once about one image under two names, in one run and in two', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    cpSync(join(folder, '0.png'), join(folder, 'copy.png'));
    emulator.enqueue(answerWith('A square.'));
    expect((await ask([folder, 'caption', '-o', output])).stderr).toContain('2 images: 1 answered, 1 kept');
    cpSync(join(folder, '0.png'), join(folder, 'later.png'));
    expect((await ask([folder, 'caption', '-o', output])).stderr).toContain('3 images: 3 kept');
    const records = linesOf(readFileSync(output, 'utf8'));
    expect(records.map(({ image, text, usage }) => [image, text, usage === null])).toEqual([
      [`${folder}/0.png`, 'A square.', false],
      [`${folder}/copy.png`, 'A square.', true],
      [`${folder}/later.png`, 'A square.', true],
    ]);
  });

  it('keeps what is superseded with --overwrite, and goes on from the latest', async () => {
    const folder = folderOf(2);
    const output = join(folder, 'captions.jsonl');
    for (const text of ['One.', 'Two.']) {
      emulator.enqueue(answerWith(text), answerWith(text));
      await ask([folder, 'caption', '-o', output, '--overwrite']);
    }
    expect(textsOf(output)).toEqual(['One.', 'One.', 'Two.', 'Two.']);
    cpSync(join(folder, '0.png'), join(folder, 'copy.png'));
    expect((await ask([folder, 'caption', '-o', output])).stderr).toContain('3 images: 3 kept');
    expect(textsOf(output).at(-1)).toBe('Two.');
  });

  it('loses no line to an --overwrite that is ended, and asks for all when that is repeated', async () => {
    for (const fault of ['bad-key', 'no-credit', 'unknown-model'] as const) {
      const folder = folderOf(3);
      const output = join(folder, 'captions.jsonl');
      emulator.enqueue(answerWith('One.'), answerWith('One.'), answerWith('One.'));
      await ask([folder, 'caption', '-o', output]);
      const before = readFileSync(output, 'utf8');
      emulator.enqueue(faults[fault].reply);
      await ask([folder, 'caption', '-o', output, '--overwrite', '-c', '1']);
      expect(readFileSync(output, 'utf8')).toBe(before);

      // Interrupted after one image: without --overwrite the three are kept, with it all are asked about.
      emulator.enqueue(answerWith('Two.'), faults[fault].reply);
      await ask([folder, 'caption', '-o', output, '--overwrite', '-c', '1']);
      expect(textsOf(output)).toEqual(['One.', 'One.', 'One.', 'Two.']);
      expect((await ask([folder, 'caption', '-o', output])).stderr).toContain('3 images: 3 kept');
      emulator.enqueue(answerWith('Three.'), answerWith('Three.'), answerWith('Three.'));
      const { stderr } = await ask([folder, 'caption', '-o', output, '--overwrite']);
      expect(stderr).toContain('3 images: 3 answered');
    }
  });

  it('keeps an answer where asking for another fails', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    emulator.enqueue(answerWith('One.'));
    await ask([folder, 'caption', '-o', output]);
    emulator.enqueue(faults['blocked-prompt'].reply);
    expect((await ask([folder, 'caption', '-o', output, '--overwrite'])).exitCode).toBe(6);
    expect((await ask([folder, 'caption', '-o', output])).stderr).toContain('1 image: 1 kept');
  });

  it('of version 0.1.0 costs nothing', async () => {
    const output = temporaryFile('captions.jsonl', journalOf010);
    const images = ['fixtures/images/rgb.png', 'fixtures/images/jfif.jpg'];
    const argv = [...images, '-p', 'a caption', '--temperature', '0', '-o', output];
    expect((await ask(argv)).stderr).toContain('2 images: 2 kept');
    expect(readFileSync(output, 'utf8')).toBe(journalOf010);
  });

  it('has a failure once, however often it is met', async () => {
    const folder = folderOf(2);
    const output = join(folder, 'captions.jsonl');
    writeFileSync(join(folder, '1.png'), '');
    emulator.enqueue(honest);
    for (let run = 0; run < 3; run += 1) {
      expect((await ask([folder, 'caption', '-o', output])).exitCode).toBe(7);
      expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(2);
    }
    writeFileSync(join(folder, '1.png'), 'Another failure.');
    await ask([folder, 'caption', '-o', output]);
    expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(3);
  });

  it('has a line of its failure for an answer that is too long, and the other answers', async () => {
    const folder = folderOf(3);
    const output = join(folder, 'captions.jsonl');
    const long = answerWith('x'.repeat(17 * 1024 * 1024));
    emulator.enqueue(honest, long, honest);
    const { exitCode, stderr } = await ask([folder, 'caption', '-o', output, '-c', '1']);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('3 images: 2 answered, 1 failed');
    const records = linesOf(readFileSync(output, 'utf8'));
    expect(records.map(({ error }) => Object(error).kind)).toEqual([undefined, 'no-answer', undefined]);
  });

  it('that is not ours is refused, and not touched', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'notes.jsonl');
    writeFileSync(output, '{"note": "buy milk"}\n');
    for (const more of [[], ['--overwrite']]) {
      const { exitCode, stderr } = await ask([folder, 'caption', '-o', output, ...more]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('is not a journal of describe-image');
      expect(readFileSync(output, 'utf8')).toBe('{"note": "buy milk"}\n');
    }
  });

  it('is repaired where its last line is incomplete', async () => {
    const folder = folderOf(2);
    const output = join(folder, 'captions.jsonl');
    emulator.enqueue(honest, honest);
    await ask([folder, 'caption', '-o', output]);
    appendFileSync(output, '{"key":"abc');
    expect((await ask([folder, 'caption', '-o', output])).stderr).toContain('2 images: 2 kept');
    expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(2);
  });

  it('never holds the key', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    const key = 'AIzaSyTestKey0123456789';
    emulator.enqueue(answerWith(`The key is ${key}.`));
    await ask([folder, 'caption', '-o', output], { environment: { GEMINI_API_KEY: key } });
    expect(readFileSync(output, 'utf8')).toContain('The key is [key].');
  });
});

describe('a dry run of a batch', () => {
  it('says how much there is to ask, and asks nothing', async () => {
    const folder = folderOf(4);
    const output = join(folder, 'captions.jsonl');
    writeFileSync(join(folder, '3.png'), '');
    emulator.enqueue(honest);
    await ask([join(folder, '0.png'), 'caption', '-o', output]);
    const before = readFileSync(output, 'utf8');
    const { exitCode, stdout } = await ask([folder, 'caption', '-o', output, '--dry-run']);
    expect(exitCode).toBe(7);
    expect(stdout).toMatch(
      /^4 images: 2 to ask about, 1 already answered, 1 cannot be sent\n\S+ (?:bytes|kB), about 516 image tokens, about \$0\.0006 excluding prompts and answers\nNothing was sent\.\n$/,
    );
    expect(readFileSync(output, 'utf8')).toBe(before);
  });

  it('changes nothing, incomplete lines and --overwrite or not', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    emulator.enqueue(honest);
    await ask([folder, 'caption', '-o', output]);
    appendFileSync(output, '{"key":"abc');
    const before = readFileSync(output, 'utf8');
    expect((await ask([folder, 'caption', '-o', output, '--dry-run'])).stdout).toContain(
      '1 already answered',
    );
    expect((await ask([folder, 'caption', '-o', output, '--dry-run', '--overwrite'])).stdout).toContain(
      '1 to ask',
    );
    expect(readFileSync(output, 'utf8')).toBe(before);
    expect(existsSync(`${output}.lock`)).toBe(false);
  });

  it('counts a name that cannot be read as a run does, and goes on', async () => {
    const folder = folderOf(1);
    const list = join(folder, 'list');
    writeFileSync(list, `https://\n${join(folder, '0.png')}\n`);
    const { exitCode, stdout } = await ask(['--files-from', list, 'caption', '--dry-run']);
    expect(exitCode).toBe(7);
    expect(stdout).toContain('2 images: 1 to ask about, 1 cannot be sent');
  });

  it('ends as a run would where the one image cannot be sent', async () => {
    const folder = folderOf(1);
    writeFileSync(join(folder, '0.png'), '');
    expect((await ask([folder, 'caption', '--dry-run'])).exitCode).toBe(3);
  });

  it('leaves no journal behind', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    await ask([folder, 'caption', '-o', output, '--dry-run']);
    expect(existsSync(output)).toBe(false);
  });
});

describe('wrong usage', () => {
  it('is a file beside what is no file', async () => {
    const { exitCode, stderr } = await ask(['-', '-p', 'caption', '--sidecar'], { stdin: 'x' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--sidecar requires images that are files');
  });

  it('is reported with the option', async () => {
    for (const [argv, message] of [
      [['--overwrite'], '--overwrite requires -o or --sidecar'],
      [['-o', 'x.jsonl', '--together'], '--together'],
      [['-o', 'x.jsonl', '--json'], '--json'],
      [['-c', '0'], '--concurrency: must be a whole number from 1 to 256'],
      [['--rpm', '0'], '--rpm: must be a number from 0.1'],
      [['--sidecar=txt'], '--sidecar: must be an extension such as .txt'],
      [['--prices', '/missing'], 'the price file /missing does not exist'],
    ] as const) {
      const { exitCode, stderr } = await ask([folderOf(1), 'caption', ...argv]);
      expect(exitCode, message).toBe(2);
      expect(stderr).toContain(message);
    }
  });
});

function headingsOf(stdout: string): string[] {
  return [...stdout.matchAll(/^==> (.*) <==$/gm)].map(([, name = '']) => name);
}

/** As version 0.1.0 wrote it, with other answers. */
const journalOf010 = [
  '{"key":"434b861f3cd06ddaf7e25cab8f0c42ad75f2eb816fd3047d50de868105f661be","image":"fixtures/images/rgb.png","mimeType":"image/png","bytes":3503,"width":48,"height":32,"orientation":1,"changes":[],"prompt":"a caption","model":"gemini-2.5-pro","modelVersion":"gemini-2.5-pro","text":"Colours.","finishReason":"STOP","usage":{"promptTokenCount":261,"candidatesTokenCount":56,"thoughtsTokenCount":0,"cachedContentTokenCount":0,"totalTokenCount":317},"elapsedMs":100,"warnings":[]}\n',
  '{"key":"5d5481106e532d46a62b21cf131120e265662f2d323d0173ab924c0684249c31","image":"fixtures/images/jfif.jpg","mimeType":"image/jpeg","bytes":686,"width":48,"height":32,"orientation":1,"changes":[],"prompt":"a caption","model":"gemini-2.5-pro","modelVersion":null,"text":"More of them.","finishReason":null,"usage":null,"elapsedMs":101,"warnings":[]}\n',
].join('');

function textsOf(journal: string): unknown[] {
  return linesOf(readFileSync(journal, 'utf8')).map(({ text }) => text);
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
