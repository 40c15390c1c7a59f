/** The main job, end to end, on a real picture and over real HTTP, with nothing to set up: `npm run demo`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const words = ['fixtures/sunset.jpg', 'what is this?', '--usage'];

const emulator = spawn(process.execPath, ['bin/describe-image-emulator.js', '--quiet'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [url] = await once(createInterface(emulator.stdout), 'line');
console.log(`
A local emulator of the API listens at ${url}, so no key is needed.

$ export GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=demo
$ describe-image ${words.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}
`);

const program = spawn(process.execPath, ['bin/describe-image.cjs', ...words], {
  stdio: 'inherit',
  env: { ...process.env, GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'demo', GOOGLE_API_KEY: '' },
});
const [exitCode] = await once(program, 'close');
emulator.kill();
console.log(`
The image was read, recognised by its bytes, sent, checked and answered: everything except the model is real.
To ask a real model, get a key at https://aistudio.google.com/apikey and run

$ export GEMINI_API_KEY=…
$ node bin/describe-image.cjs fixtures/sunset.jpg "what is this?"
`);
process.exitCode = exitCode ?? 1;
