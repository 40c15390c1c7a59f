/**
 * A run of its own that writes a journal, for tests that kill it or race it.
 *
 * usage: node journal-process.js <compiled journal.ts> <journal> append <bytes of a text> <records>
 *        Appends so many records, unless that fails, and waits to be killed. Prints "opened", then the number of each record
 *        that is on disk, then what failed.
 *        node journal-process.js <compiled journal.ts> <journal> race
 *        For each line of standard input, a time in milliseconds, tries to open the journal at that time and prints "won" or
 *        why not; closes it, when it won, on an empty line and prints "closed".
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [modulePath = '', journalPath = '', mode, ...numbers] = process.argv.slice(2);
/** @type {typeof import('../../src/store/journal.ts')} */
const { openJournal } = await import(modulePath);

const options = {
  overwrite: false,
  owner: { pid: process.pid, host: 'desk', startedAt: new Date(performance.timeOrigin) },
  isAlive,
};
await (mode === 'append' ? append(Number(numbers[0]), Number(numbers[1])) : race());

/** @param {number} bytes @param {number} records */
async function append(bytes, records) {
  const journal = await openJournal(journalPath, options);
  const first = readFileSync(journalPath, 'utf8').split('\n').length - 1;
  console.log('opened');
  /** @type {unknown} */
  let failure;
  let inFlight = 0;
  for (let number = first; number < first + records && failure === undefined; number++) {
    const image = `${number}.jpg`;
    const key = createHash('sha256').update(image).digest('hex');
    const text = 'ä'.repeat((number % 8) * bytes);
    inFlight += 1;
    const appending = journal.append({ key, image, text }).then(
      () => console.log(number),
      (error) => {
        failure ??= error;
      },
    );
    const settled = appending.then(() => {
      inFlight -= 1;
    });
    if (inFlight >= 50) await settled;
  }
  if (failure === undefined) return void process.stdin.resume();
  await journal.close();
  const { name, message, hint } = /** @type {import('../../src/errors.ts').OutputError} */ (failure);
  console.log(`${name}: ${message}. ${hint}`);
}

async function race() {
  /** @type {import('../../src/store/journal.ts').Journal | undefined} */
  let journal;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') {
      await journal?.close();
      journal = undefined;
      console.log('closed');
      continue;
    }
    // Closer together than messages arrive.
    while (performance.timeOrigin + performance.now() < Number(line));
    try {
      journal = await openJournal(journalPath, options);
      console.log('won');
    } catch (error) {
      console.log(String(error));
    }
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
