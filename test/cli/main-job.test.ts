import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CannedReply, honest } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { type ProgramOptions, runProgram } from '../helpers/program.ts';
import { eachRow } from '../helpers/rows.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const environment = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });
const ask = (argv: string[], options: ProgramOptions = {}) =>
  runProgram(argv, { ...options, environment: { ...environment(), ...options.environment } });

describe('the main job', () => {
  it('sends the contract’s request and prints the text of the answer', async () => {
    emulator.enqueue(honest);
    const jfif = fixture('images/jfif.jpg');
    const settings = ['--temperature', '0.2', '--topP', '0.9', '--maxOutputTokens=256'];
    const { exitCode, stdout, stderr } = await ask([jfif, 'What is in this image?', ...settings]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('48 × 32');
    const [request] = emulator.requests;
    expect(request?.path).toBe('/v1beta/models/gemini-2.5-pro:generateContent?key=test-key');
    expect(request?.headers['content-type']).toBe('application/json');
    expect(request?.headers['content-length']).toBe(String(request?.body.length));
    expect(request?.body.toString('utf8')).toBe(readFileSync(fixture('requests/contract.json'), 'utf8'));
  });

  it('joins the parts of the answer and ends it with one newline', async () => {
    emulator.enqueue(
      wire({
        candidates: [{ content: { parts: [{ text: 'A sun' }, { text: 'set.\n\n' }] }, finishReason: 'STOP' }],
      }),
    );
    expect(await ask([sunset, 'what is this?'])).toMatchObject({
      exitCode: 0,
      stdout: 'A sunset.\n',
      stderr: '',
    });
  });

  it('asks for a description when there is no prompt', async () => {
    emulator.enqueue(honest);
    await ask([sunset]);
    expect(emulator.requests[0]?.json).toMatchObject({
      contents: [{ parts: [{ text: 'Describe this image.' }, {}] }],
    });
  });

  it('takes the prompt from where it is said to be', () =>
    eachRow(
      [
        ['an operand', ['what is this?'], ''],
        ['-p', ['-p', 'what is this?'], ''],
        ['standard input', ['-p', '-'], 'what is this?\n'],
      ],
      async ([_, argv, stdin]) => {
        await emulator.renew();
        emulator.enqueue(honest);
        await ask([sunset, ...argv], { stdin });
        expect(emulator.requests[0]?.json).toMatchObject({
          contents: [{ parts: [{ text: 'what is this?' }, {}] }],
        });
      },
    ));

  it('takes the prompt from a file', async () => {
    emulator.enqueue(honest);
    await ask([sunset, '-p', `@${temporaryFile('prompt.txt', 'two\nlines\n')}`]);
    expect(emulator.requests[0]?.json).toMatchObject({ contents: [{ parts: [{ text: 'two\nlines' }, {}] }] });
  });

  it('sends every option in the API’s spelling', async () => {
    emulator.enqueue(honest);
    const argv = [
      ...['--temperature', '0', '--top-p', '1', '--top-k', '40', '--max-output-tokens', '9', '--seed', '-7'],
      ...['--stop', 'A', '--stopSequences', 'B', '--thinking-budget', '-1', '--media-resolution', 'high'],
      ...['--system', 'be brief', '--model', 'models/gemini-2.5-flash', '--api-version', 'v1'],
    ];
    const { exitCode } = await ask([...argv, sunset]);
    expect(exitCode).toBe(0);
    expect(emulator.requests[0]?.path).toContain('/v1/models/gemini-2.5-flash:generateContent');
    expect(emulator.requests[0]?.json).toMatchObject({
      systemInstruction: { parts: [{ text: 'be brief' }] },
      generationConfig: {
        temperature: 0,
        topP: 1,
        topK: 40,
        maxOutputTokens: 9,
        seed: -7,
        stopSequences: ['A', 'B'],
        thinkingConfig: { thinkingBudget: -1 },
        mediaResolution: 'MEDIA_RESOLUTION_HIGH',
      },
    });
  });

  it.each([
    ['header', 'x-goog-api-key', 'test-key'],
    ['bearer', 'authorization', 'Bearer test-key'],
  ])('sends the key as --auth %s says, and nowhere else', async (auth, header, value) => {
    emulator.enqueue(honest);
    expect((await ask([sunset, '--auth', auth])).exitCode).toBe(0);
    expect(emulator.requests[0]?.headers[header]).toBe(value);
    expect(emulator.requests[0]?.path).not.toContain('key');
  });

  it('takes the model from the environment, and an option before it', async () => {
    emulator.enqueue(honest, honest);
    await ask([sunset], { environment: { DESCRIBE_IMAGE_MODEL: 'gemini-2.5-flash' } });
    await ask([sunset, '-m', 'gemini-2.5-flash-lite'], {
      environment: { DESCRIBE_IMAGE_MODEL: 'gemini-2.5-flash' },
    });
    expect(emulator.requests.map(({ path }) => /models\/([^:]+)/.exec(path)?.[1])).toEqual([
      'gemini-2.5-flash',
      'gemini-2.5-flash-lite',
    ]);
  });

  it('takes the key from a file, and GOOGLE_API_KEY before GEMINI_API_KEY with a warning', async () => {
    emulator.enqueue(honest, honest);
    await ask([sunset, '--api-key-file', temporaryFile('key', 'from-file\n')]);
    const { stderr } = await ask([sunset], { environment: { GOOGLE_API_KEY: ' google-key ' } });
    expect(emulator.requests.map(({ path }) => path.split('key=')[1])).toEqual(['from-file', 'google-key']);
    expect(stderr).toBe(
      'describe-image: warning: GOOGLE_API_KEY and GEMINI_API_KEY are both set and differ; GOOGLE_API_KEY is used\n',
    );
  });
});

describe('what is printed', () => {
  it('prints one JSON object with every key for --json', async () => {
    emulator.enqueue(honest);
    const { stdout } = await ask([sunset, 'what is this?', '--json']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const record = JSON.parse(stdout);
    expect(Object.keys(record)).toEqual([
      ...[
        'image',
        'images',
        'prompt',
        'model',
        'outcome',
        'modelVersion',
        'text',
        'finishReason',
        'responseId',
      ],
      ...['usage', 'elapsedMs', 'warnings'],
    ]);
    expect(record.images.map(Object.keys)).toEqual([
      ['image', 'mimeType', 'bytes', 'width', 'height', 'orientation', 'changes'],
    ]);
    expect(record).toMatchObject({
      image: sunset,
      images: [{ image: sunset, mimeType: 'image/jpeg', bytes: 38049, width: 960, height: 640 }],
      outcome: 'answered',
      prompt: 'what is this?',
      model: 'gemini-2.5-pro',
      finishReason: 'STOP',
      warnings: [],
      elapsedMs: expect.any(Number),
    });
  });

  it('prints the body of the reply untouched for --raw', async () => {
    const body = '{ "candidates": [ {"content": {"parts": [ {"text": "\\u001b[31mx"} ] } } ]\r\n}';
    emulator.enqueue(wire(body));
    expect((await ask([sunset, '--raw'])).stdout).toBe(body);
  });

  it('shows the same JSON at a terminal for --raw, with nothing in it that a terminal obeys', async () => {
    const text = 'A\u0085B\u009b31mC\u202eD\u2066E\u007fF 日本 \\u001b[0m';
    const body = `{\r "candidates": [{"content": {"parts": [{"text": "${text}"}]}, "finishReason": "STOP"}]\r\n}`;
    emulator.enqueue(wire(body), wire(body));
    const { stdout } = await ask([sunset, '--raw'], { isStdoutTerminal: true });
    expect(stdout).toMatch(/^(?:[^\p{Cc}\p{Cf}]|\n)+$/u);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(body));
    expect((await ask([sunset, '--raw'])).stdout).toBe(body);
  });

  it('tries again for an answer without a visible character', () =>
    eachRow([' \n', '\u200b\u00ad', '\u001b[0m\u0007'], async (text) => {
      await emulator.renew();
      const blank = wire({ candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }] });
      emulator.enqueue(blank, honest, blank);
      expect(await ask([sunset])).toMatchObject({ exitCode: 0 });
      expect(await ask([sunset, '--retries', '0'])).toMatchObject({ exitCode: 6, stdout: '' });
      expect(emulator.requests).toHaveLength(3);
    }));

  it('says the tokens on standard error for --usage', async () => {
    const usageMetadata = {
      promptTokenCount: 1806,
      thoughtsTokenCount: 46,
      candidatesTokenCount: 200,
      totalTokenCount: 2052,
    };
    emulator.enqueue(wire({ candidates: [{ content: { parts: [{ text: 'x' }] } }], usageMetadata }));
    const { stdout, stderr } = await ask([sunset, '--usage']);
    expect(stdout).toBe('x\n');
    expect(stderr).toBe('describe-image: 2,052 tokens: 1,806 prompt + 46 thinking + 200 answer\n');
  });

  it('takes control characters out of text and keeps tabs and line ends', async () => {
    const text = 'a\u001b[31mred\u001b]0;title\u0007 \u009b5mb\r\nc\td\re\u0000\u007f\n';
    emulator.enqueue(wire({ candidates: [{ content: { parts: [{ text }] } }] }));
    expect((await ask([sunset])).stdout).toBe('ared b\nc\tde\n');
  });

  it('warns when another model answered', async () => {
    const other = { candidates: [{ content: { parts: [{ text: 'x' }] } }], modelVersion: 'gemini-3.8-flash' };
    emulator.enqueue(wire(other), wire(other), wire(other));
    expect((await ask([sunset])).stderr).toContain('answered by gemini-3.8-flash instead of gemini-2.5-pro');
    expect((await ask([sunset, '-q'])).stderr).toBe('');
    expect(JSON.parse((await ask([sunset, '--json', '-q'])).stdout).warnings).toHaveLength(1);
  });

  it('sends a WebP named .png as WebP, with one warning', async () => {
    emulator.enqueue(honest);
    const path = temporaryFile('picture.png', readFileSync(fixture('images/lossy.webp')));
    const { exitCode, stdout, stderr } = await ask([path]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('image/webp');
    expect(stderr).toBe(
      `describe-image: warning: ${path} is a WebP image, but named as image/png; sent as image/webp\n`,
    );
  });

  it('sends a truncated JPEG: the server decides', async () => {
    emulator.enqueue(honest);
    expect((await ask([fixture('images/truncated.jpg')])).exitCode).toBe(0);
  });

  it('says what was done for --verbose', async () => {
    emulator.enqueue(honest);
    const { stderr } = await ask([sunset, '-v']);
    expect(stderr).toContain('sent as image/jpeg, 38,049 bytes');
    expect(stderr).toContain(`asked gemini-2.5-pro at ${new URL(emulator.url).host}\n`);
    expect(stderr).toContain('answered by gemini-2.5-pro in ');
    expect(stderr).toContain(' tokens: ');
  });
});

describe('--dry-run', () => {
  it('shows the request without the key and sends nothing', async () => {
    const { exitCode, stdout, stderr } = await ask([
      sunset,
      'what is this?',
      '--dry-run',
      '--temperature',
      '0.5',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`POST ${emulator.url}/v1beta/models/gemini-2.5-pro:generateContent?key=[key]\n`);
    expect(stdout).toContain('content-type: application/json\n');
    expect(stdout).toMatch(/"data": "\/9j\/.{20}… \(50,732 characters\)"/);
    expect(stdout).toContain('"temperature": 0.5');
    expect(stdout).toContain('Image: image/jpeg, 960 × 640, 38,049 bytes, about 1,548 tokens\n');
    expect(stdout).not.toContain('test-key');
    expect(emulator.requests).toHaveLength(0);
  });

  it('tells the exact size of what is then sent', async () => {
    const { stdout } = await ask([sunset, 'Größe?', '--dry-run']);
    emulator.enqueue(honest);
    await ask([sunset, 'Größe?']);
    expect(stdout).toContain(`content-length: ${emulator.requests[0]?.body.length}\n`);
  });

  it('hides the key of every way it travels', async () => {
    expect((await ask([sunset, '--dry-run', '--auth', 'header'])).stdout).toContain(
      'x-goog-api-key: [key]\n',
    );
    expect((await ask([sunset, '--dry-run', '--auth', 'bearer'])).stdout).toContain(
      'authorization: Bearer [key]\n',
    );
  });

  it('needs no key, and says that a real run does', async () => {
    const stderr = 'describe-image: warning: no API key is set; a real run needs one\n';
    expect(await runProgram([sunset, '--dry-run'])).toMatchObject({ exitCode: 0, stderr });
  });
});

/** A reply whose body is exactly this. */
function wire(body: string | object): CannedReply {
  return { body };
}
