import { chmodSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AbortedError, ImageError } from '../../src/errors.ts';
import { type ClipboardOptions, readClipboard } from '../../src/image/clipboard.ts';
import { fakePrograms, isInstalled, isRunning, startXServer } from '../helpers/clipboard.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { eachRow } from '../helpers/rows.ts';

/** Every byte there is, with a line end at the end. */
const allBytes = Buffer.from([...Array.from({ length: 256 }, (_, byte) => byte), 0x0d, 0x0a]);

const defaults = { maxBytes: 20_000_000, timeoutMs: 60_000 };
const linux = (environment: ClipboardOptions['environment'], more: Partial<ClipboardOptions> = {}) =>
  readClipboard({ ...defaults, platform: 'linux', environment, ...more });
const x11 = (folder: string, more?: Partial<ClipboardOptions>) =>
  linux({ PATH: folder, DISPLAY: ':7' }, more);
const wayland = (folder: string, more?: Partial<ClipboardOptions>) =>
  linux({ PATH: folder, WAYLAND_DISPLAY: 'wayland-7' }, more);
const mac = (folder: string, more: Partial<ClipboardOptions> = {}) =>
  readClipboard({ ...defaults, platform: 'darwin', environment: { PATH: folder }, ...more });
const windows = (folder: string, more: Partial<ClipboardOptions> = {}) =>
  readClipboard({ ...defaults, platform: 'win32', environment: { Path: folder }, ...more });

/** What it says when it fails, in an `ImageError` that does not name the image. */
async function complaintOf(reading: Promise<Buffer>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ImageError)) throw new Error('no ImageError', { cause: error });
  expect(error.image).toBeUndefined();
  expect(`${error.message}${error.hint}`).not.toMatch(/\p{Cc}|undefined/u);
  return `${error.message} → ${error.hint}`;
}

/** A script that answers a question for types with these and any other with the data. */
const offering = (types: string) =>
  `case "$*" in *TARGETS*|*--list-types*) printf '${types}' ;; *) cat "$data" ;; esac`;

describe.skipIf(process.platform === 'win32')('reading the clipboard', () => {
  describe('of a Wayland session', () => {
    it('asks wl-paste for the types, then for the best, and changes no byte', async () => {
      const fake = fakePrograms({ 'wl-paste': offering('text/html\\nimage/bmp\\nimage/png\\n') }, allBytes);
      expect(await wayland(fake.folder)).toEqual(allBytes);
      expect(fake.calls('wl-paste')).toEqual([['--list-types'], ['--no-newline', '--type', 'image/png']]);
    });

    it('explains each message of the programs', () =>
      eachRow(
        [
          ['No selection', 'empty'],
          ['Nothing is copied', 'empty'],
          ['Failed to connect to a Wayland server', 'wl-paste failed: Failed to connect to a Wayland server'],
        ],
        async ([says, message]) => {
          const fake = fakePrograms({ 'wl-paste': `echo '${says}' >&2; exit 1` });
          expect(await complaintOf(wayland(fake.folder))).toContain(`${message} →`);
        },
      ));

    it('falls back to xclip where wl-paste is not installed and X11 programs run too', async () => {
      const fake = fakePrograms({ xclip: offering('image/png\\n') }, allBytes);
      const environment = { PATH: fake.folder, WAYLAND_DISPLAY: 'wayland-7', DISPLAY: ':7' };
      expect(await linux(environment)).toEqual(allBytes);
    });

    it('prefers wl-paste to xclip', async () => {
      const fake = fakePrograms({ 'wl-paste': offering('image/png\\n'), xclip: 'exit 1' }, allBytes);
      const environment = { PATH: fake.folder, WAYLAND_DISPLAY: 'wayland-7', DISPLAY: ':7' };
      expect(await linux(environment)).toEqual(allBytes);
      expect(fake.calls('xclip')).toEqual([]);
    });

    it('names what to install', async () => {
      expect(await complaintOf(wayland(fakePrograms({}).folder))).toBe(
        'wl-paste is not installed → Install it: sudo apt install wl-clipboard (or dnf, pacman, apk …)',
      );
    });
  });

  describe('of an X11 session', () => {
    it('asks xclip for the targets, then for the best, and changes no byte', async () => {
      const fake = fakePrograms({ xclip: offering('TARGETS\\nTIMESTAMP\\nimage/jpeg\\n') }, allBytes);
      expect(await x11(fake.folder)).toEqual(allBytes);
      expect(fake.calls('xclip')).toEqual([
        ['-selection', 'clipboard', '-target', 'TARGETS', '-out'],
        ['-selection', 'clipboard', '-target', 'image/jpeg', '-out'],
      ]);
    });

    it('takes the best of what is offered', () =>
      eachRow(
        [
          ['image/bmp image/gif image/jpeg image/webp', 'image/jpeg'],
          ['image/bmp image/heif image/heic image/gif', 'image/heic'],
          ['image/bmp image/svg+xml image/avif image/tiff', 'image/tiff'],
          ['UTF8_STRING image/x-bmp image/jxl', 'image/x-bmp'],
          ['image/png;--evil --evil image/bmp', 'image/bmp'],
        ],
        async ([types, best]) => {
          const fake = fakePrograms({ xclip: offering(types.replaceAll(' ', '\\n')) }, allBytes);
          await x11(fake.folder);
          expect(fake.calls('xclip')[1]?.[3]).toBe(best);
        },
      ));

    it('does the same on FreeBSD', async () => {
      const fake = fakePrograms({ xclip: offering('image/png\\n') }, allBytes);
      expect(await x11(fake.folder, { platform: 'freebsd' })).toEqual(allBytes);
    });

    it('explains an offer of no image', () =>
      eachRow(
        [
          ['UTF8_STRING', 'holds text, not an image →'],
          ['text/plain;charset=utf-8', 'holds text, not an image →'],
          ['application/x-thing', 'holds neither an image nor text →'],
          ['image/', 'holds neither an image nor text →'],
          ['TARGETS\\nTIMESTAMP', 'empty →'],
          ['', 'empty →'],
        ],
        async ([types, message]) => {
          const fake = fakePrograms({ xclip: offering(`TARGETS\\n${types}\\n`) });
          expect(await complaintOf(x11(fake.folder))).toContain(message);
          expect(fake.calls('xclip')).toHaveLength(1);
        },
      ));

    it('names the file that was copied, however it is written', () =>
      eachRow(
        [
          ['text/uri-list', '# one\r\nfile:///home/me/my%20cat.png\r\n', '/home/me/my cat.png'],
          ['x-special/gnome-copied-files', 'copy\nfile:///home/me/cat.png', '/home/me/cat.png'],
          ['text/uri-list', 'file://elsewhere/cat.png', 'file://elsewhere/cat.png'],
          ['text/uri-list', 'file:///a%1b%5b31m%0ab.png', '/a b.png'],
        ],
        async ([type, list, path]) => {
          const fake = fakePrograms({ xclip: offering(`${type}\\ntext/plain\\n`) }, list);
          expect(await complaintOf(x11(fake.folder))).toBe(
            `holds a file, not an image → The clipboard holds the file ${path}: use that instead.`,
          );
          expect(fake.calls('xclip')[1]?.[3]).toBe(type);
        },
      ));

    it('counts the files that were copied', async () => {
      const fake = fakePrograms(
        { xclip: offering('text/uri-list\\n') },
        'file:///a.png\r\nfile:///b.png\r\n',
      );
      expect(await complaintOf(x11(fake.folder))).toBe(
        'holds 2 files, not an image → Use the file of one image instead.',
      );
    });

    it('calls the address of a page text', async () => {
      const fake = fakePrograms({ xclip: offering('text/uri-list\\n') }, 'https://example.com/cat.png\r\n');
      expect(await complaintOf(x11(fake.folder))).toContain('holds text, not an image →');
    });

    it('repeats one clean and short line of what xclip says', async () => {
      const says = `\\033[31mError: \\007Can not open\\ttwo\\n${'x'.repeat(100)}`;
      const fake = fakePrograms({ xclip: `printf '${says}' >&2; exit 1` });
      expect(await complaintOf(x11(fake.folder))).toBe(
        'xclip failed: Can not open two → Save the image to a file and use that.',
      );
      const wordy = fakePrograms({ xclip: `printf '${'x'.repeat(5000)}' >&2; exit 3` });
      expect(await complaintOf(x11(wordy.folder))).toContain(`xclip failed: ${'x'.repeat(300)}… →`);
      expect(await complaintOf(x11(fakePrograms({ xclip: 'exit 3' }).folder))).toContain('exit code 3');
      expect(await complaintOf(x11(fakePrograms({ xclip: 'kill -TERM $$' }).folder))).toContain('by SIGTERM');
    });

    it('tells when the image itself cannot be had, or is empty', async () => {
      const gone = offering('image/png\\n').replace('cat "$data"', 'echo "Error: target gone" >&2; exit 1');
      expect(await complaintOf(x11(fakePrograms({ xclip: gone }).folder))).toContain('target gone →');
      const empty = fakePrograms({ xclip: offering('image/png\\n') }, '');
      expect(await complaintOf(x11(empty.folder))).toContain('the image on it is empty, 0 bytes →');
    });

    it('names what to install', async () => {
      expect(await complaintOf(x11(fakePrograms({}).folder))).toBe(
        'xclip is not installed → Install it: sudo apt install xclip (or dnf, pacman, apk …)',
      );
      expect(await complaintOf(linux({ DISPLAY: ':7' }))).toContain('xclip is not installed');
    });
  });

  it.each([{}, { WAYLAND_DISPLAY: '', DISPLAY: '' }])(
    'knows when there is no session: %j',
    async (variables) => {
      const fake = fakePrograms({ xclip: 'exit 1', 'wl-paste': 'exit 1' });
      expect(await complaintOf(linux({ PATH: fake.folder, ...variables }))).toBe(
        'no graphical session: neither WAYLAND_DISPLAY nor DISPLAY is set → ' +
          'Over ssh there is no clipboard; save the image to a file and use that.',
      );
    },
  );

  it('says so where it knows no way', async () => {
    expect(await complaintOf(linux({}, { platform: 'android' }))).toContain('cannot be read on android →');
  });

  describe('of macOS', () => {
    const hexadecimal = (code: string) =>
      `printf '«data ${code}'; od -An -v -tx1 "$data" | tr -d ' \\n' | tr a-f A-F; echo '»'`;
    const answering = (info: string, code = 'PNGf') =>
      `case "$2" in 'clipboard info') echo '${info}' ;; POSIX*) echo '/Users/me/my cat.png' ;; *) ${hexadecimal(code)} ;; esac`;

    it('takes the best of what is offered', () =>
      eachRow(
        [
          ['«class PNGf», 258, JPEG picture, 300, TIFF picture, 500', 'PNGf'],
          ['Unicode text, 8, JPEG picture, 300, TIFF picture, 500', 'JPEG'],
          ['GIF picture, 12', 'GIFf'],
          ['«class TIFF», 12', 'TIFF'],
        ],
        async ([info, code]) => {
          const fake = fakePrograms({ osascript: answering(info, code) }, allBytes);
          expect(await mac(fake.folder)).toEqual(allBytes);
          expect(fake.calls('osascript')).toEqual([
            ['-e', 'clipboard info'],
            ['-e', `the clipboard as «class ${code}»`],
          ]);
        },
      ));

    it('reads through pngpaste where it is installed', async () => {
      const osascript = answering('«class PNGf», 258');
      const fake = fakePrograms({ osascript, pngpaste: 'cat "$data"' }, allBytes);
      expect(await mac(fake.folder)).toEqual(allBytes);
      expect(fake.calls('pngpaste')).toEqual([['-']]);
      expect(fake.calls('osascript')).toHaveLength(1);
      const broken = fakePrograms({ osascript, pngpaste: 'exit 1' }, allBytes);
      expect(await mac(broken.folder)).toEqual(allBytes);
    });

    it('explains each message of the programs', () =>
      eachRow(
        [
          ['', 'empty →'],
          ['«class utf8», 4, «class ut16», 10, string, 4, Unicode text, 8', 'holds text, not an image →'],
          ['«class moof», 4', 'holds neither an image nor text →'],
          [
            '«class furl», 34, «class icns», 321866, «class PNGf», 7642',
            'holds a file, not an image → The clipboard holds the file /Users/me/my cat.png: use that instead.',
          ],
        ],
        async ([info, message]) => {
          const fake = fakePrograms({ osascript: answering(info), pngpaste: 'cat "$data"' }, allBytes);
          expect(await complaintOf(mac(fake.folder))).toContain(message);
          expect(fake.calls('pngpaste')).toEqual([]);
        },
      ));

    it('does not take other text for an image', () =>
      eachRow(
        ['', 'sorry', '«data PNGf89504', '«data PNGf8950XX»', '«data JPEGFFD8»', '»', '«data PNGf8»'],
        async (printed) => {
          const script = `case "$2" in 'clipboard info') echo '«class PNGf», 9' ;; *) echo '${printed}' ;; esac`;
          const fake = fakePrograms({ osascript: script });
          expect(await complaintOf(mac(fake.folder))).toContain('osascript failed: what it printed is not');
        },
      ));

    it('counts bytes of the image, not of its hexadecimal digits', async () => {
      const fake = fakePrograms({ osascript: answering('«class PNGf», 258') }, allBytes);
      expect(await mac(fake.folder, { maxBytes: allBytes.length })).toEqual(allBytes);
      const refused = complaintOf(mac(fake.folder, { maxBytes: allBytes.length - 1 }));
      expect(await refused).toContain(`larger than ${allBytes.length - 1} bytes →`);
    });

    it('tells of a failure, and of a PATH without osascript', async () => {
      const says = '0:14: execution error: Not allowed. (-1743)';
      const fake = fakePrograms({ osascript: `echo '${says}' >&2; exit 1` });
      expect(await complaintOf(mac(fake.folder))).toContain(`osascript failed: ${says} →`);
      expect(await complaintOf(mac(fakePrograms({}).folder))).toContain('osascript is not found →');
    });
  });

  describe('of Windows', () => {
    it('runs one script that quotes nothing twice, and changes no byte', async () => {
      const fake = fakePrograms({ 'powershell.exe': 'cat "$data"' }, allBytes);
      expect(await windows(fake.folder)).toEqual(allBytes);
      const [words = []] = fake.calls('powershell.exe');
      expect(words.slice(0, 4)).toEqual(['-NoProfile', '-NonInteractive', '-STA', '-Command']);
      expect(words).toHaveLength(5);
      expect(words[4]).toContain('[Windows.Forms.Clipboard]::GetDataObject()');
      expect(words[4]).not.toMatch(/["\n]/);
    });

    it('explains what a program says', () =>
      eachRow(
        [
          ['exit 40', 'empty →'],
          [
            'printf "C:\\\\\\\\cats\\\\\\\\ä.png"; exit 41',
            'holds the file C:\\cats\\ä.png: use that instead.',
          ],
          ['printf "C:/a.png\\nC:/b.png"; exit 41', 'holds 2 files, not an image →'],
          ['exit 42', 'holds text, not an image →'],
          ['exit 43', 'holds neither an image nor text →'],
          [
            'echo "The clipboard is locked." >&2; exit 1',
            'powershell.exe failed: The clipboard is locked. →',
          ],
          ['exit 0', 'the image on it is empty, 0 bytes →'],
        ],
        async ([script, message]) => {
          const fake = fakePrograms({ 'powershell.exe': script });
          expect(await complaintOf(windows(fake.folder))).toContain(message);
        },
      ));

    it('ends with the exit codes that are explained', async () => {
      const fake = fakePrograms({ 'powershell.exe': 'exit 40' });
      await complaintOf(windows(fake.folder));
      const script = fake.calls('powershell.exe')[0]?.[4] ?? '';
      const codes = [...script.matchAll(/exit (\d+)/g)].map(([, code]) => Number(code));
      expect(codes.sort()).toEqual([0, 1, 40, 41, 42, 43]);
    });

    it('tells of a PATH without PowerShell', async () => {
      expect(await complaintOf(windows(fakePrograms({}).folder))).toContain('powershell.exe is not found →');
    });
  });

  describe('under WSL', () => {
    const wsl = (folder: string, more = {}) =>
      linux({ PATH: folder, WSL_DISTRO_NAME: 'Debian', WAYLAND_DISPLAY: 'wayland-0', ...more });

    it('takes a PNG from the Linux side', async () => {
      const fake = fakePrograms(
        { 'wl-paste': offering('image/png\\n'), 'powershell.exe': 'exit 1' },
        allBytes,
      );
      expect(await wsl(fake.folder)).toEqual(allBytes);
      expect(fake.calls('powershell.exe')).toEqual([]);
    });

    it('asks Windows where the Linux side has nothing', () =>
      eachRow(
        [
          ['is a BMP', { 'wl-paste': offering('image/bmp\\n').replace('cat "$data"', 'printf BM1234') }],
          ['is nothing', { 'wl-paste': 'echo No selection >&2; exit 1' }],
          ['has no program', {}],
        ],
        async ([_, scripts]) => {
          const fake = fakePrograms({ ...scripts, 'powershell.exe': 'cat "$data"' }, allBytes);
          expect(await wsl(fake.folder)).toEqual(allBytes);
          expect(await wsl(fake.folder, { WAYLAND_DISPLAY: undefined })).toEqual(allBytes);
        },
      ));

    it('stays on the Linux side where it may not start programs of Windows', async () => {
      expect(await complaintOf(wsl(fakePrograms({}).folder))).toContain('wl-paste is not installed →');
    });
  });

  describe('through a program', () => {
    it('takes 5 MB, and exactly as much as is allowed', async () => {
      const large = Buffer.alloc(5_000_000, allBytes);
      const fake = fakePrograms({ xclip: offering('image/png\\n') }, large);
      expect((await x11(fake.folder, { maxBytes: large.length })).equals(large)).toBe(true);
      const refused = complaintOf(x11(fake.folder, { maxBytes: large.length - 1 }));
      expect(await refused).toBe('larger than 4999999 bytes → Save the image to a file and make it smaller.');
    });

    it.each(['image', 'list'])('stops an endless %s', async (what) => {
      const script =
        what === 'list' ? 'exec yes' : offering('image/png\\n').replace('cat "$data"', 'exec yes');
      const fake = fakePrograms({ xclip: script });
      expect(await complaintOf(x11(fake.folder, { maxBytes: 100_000 }))).toContain('larger than');
      expect(isRunning(await fake.started())).toBe(false);
    });

    it('stops one that talks without end on standard error', async () => {
      const fake = fakePrograms({ xclip: 'exec yes >&2' });
      expect(await complaintOf(x11(fake.folder))).toContain('xclip was ended by SIGPIPE →');
      expect(isRunning(await fake.started())).toBe(false);
    });

    it('kills one that hangs when its time is over, even if it does not want to end', async () => {
      const scripts = ['exec sleep 1000', "trap '' TERM INT HUP PIPE; exec sleep 1000"];
      const ending = scripts.map(async (xclip) => {
        const fake = fakePrograms({ xclip });
        expect(await complaintOf(x11(fake.folder, { timeoutMs: 2000 }))).toBe(
          'xclip did not answer within 2 s → ' +
            'The program that owns the clipboard may be busy or closed; copy the image again.',
        );
        expect(isRunning(await fake.started())).toBe(false);
      });
      await Promise.all(ending);
    });

    it('does not wait for a child of it that keeps its output open', async () => {
      const fake = fakePrograms({ xclip: 'sleep 1000 & echo $! > "$data"; exit 0' });
      const reading = complaintOf(x11(fake.folder, { timeoutMs: 2000 }));
      const child = await vi.waitFor(() => {
        const id = Number(readFileSync(join(fake.folder, 'data'), 'utf8'));
        expect(id).toBeGreaterThan(1);
        return id;
      });
      onTestFinished(() => void process.kill(child));
      expect(await reading).toContain('did not answer within 2 s →');
      expect(isRunning(child)).toBe(true);
    });

    it('kills it when the signal is raised', async () => {
      const fake = fakePrograms({ xclip: 'exec sleep 1000' });
      const controller = new AbortController();
      const reading = x11(fake.folder, { signal: controller.signal });
      const id = await fake.started();
      expect(isRunning(id)).toBe(true);
      controller.abort('enough');
      const error = await reading.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AbortedError);
      expect((error as AbortedError).cause).toBe('enough');
      expect(isRunning(id)).toBe(false);
    });

    it('starts nothing when the signal is raised already', async () => {
      const fake = fakePrograms({ xclip: offering('image/png\\n'), 'powershell.exe': 'exit 40' });
      const environment = { PATH: fake.folder, DISPLAY: ':7', WSL_DISTRO_NAME: 'Debian' };
      await expect(linux(environment, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(AbortedError);
      expect([...fake.calls('xclip'), ...fake.calls('powershell.exe')]).toEqual([]);
    });

    it('gives it the environment it was given, no more, and nothing to read', async () => {
      const script = 'env > "$data.env"; cat > "$data.input"; echo "stop here" >&2; exit 1';
      const fake = fakePrograms({ xclip: script });
      await complaintOf(linux({ PATH: fake.folder, DISPLAY: ':7', XAUTHORITY: '/x', OTHER: undefined }));
      const names = readFileSync(join(fake.folder, 'data.env'), 'utf8').match(/^\w+(?==)/gm) ?? [];
      expect(names.filter((name) => !['PWD', '_', 'SHLVL', 'OLDPWD'].includes(name)).sort()).toEqual([
        'DISPLAY',
        'PATH',
        'XAUTHORITY',
      ]);
      expect(readFileSync(join(fake.folder, 'data.input'), 'utf8')).toBe('');
    });

    it('never takes one from the current folder or from node_modules', async () => {
      const fake = fakePrograms({ xclip: offering('image/png\\n') }, allBytes);
      const bin = join(fake.folder, 'node_modules', '.bin');
      mkdirSync(bin, { recursive: true });
      renameSync(join(fake.folder, 'xclip'), join(bin, 'xclip'));
      const before = process.cwd();
      process.chdir(bin);
      onTestFinished(() => process.chdir(before));
      const path = ['', '.', './', bin, `${bin}/`].join(delimiter);
      expect(await complaintOf(x11(path))).toContain('xclip is not installed');
      expect(fake.calls('xclip')).toEqual([]);
    });

    it('passes over one that may not be run, and names it where there is no other', async () => {
      const denied = fakePrograms({ xclip: 'exit 1' });
      chmodSync(join(denied.folder, 'xclip'), 0o644);
      const allowed = fakePrograms({ xclip: offering('image/png\\n') }, allBytes);
      expect(await x11([denied.folder, allowed.folder].join(delimiter))).toEqual(allBytes);
      expect(await complaintOf(x11(denied.folder))).toBe(
        `xclip may not be run: permission denied → Check ${join(denied.folder, 'xclip')} or install it again.`,
      );
    });

    it('tells of one that the system cannot start', async () => {
      const path = temporaryFile('xclip', '#!/nowhere/interpreter\n');
      chmodSync(path, 0o755);
      expect(await complaintOf(x11(dirname(path)))).toBe(
        `xclip cannot be started (ENOENT) → Check ${path} or install it again.`,
      );
    });
  });
});

describe.skipIf(!isInstalled('Xvfb') || !isInstalled('xclip'))(
  'reading the clipboard of a real X server',
  () => {
    it('reads each type as it was copied', () =>
      eachRow(
        [
          ['image/png', 'rgb.png'],
          ['image/jpeg', 'jfif.jpg'],
          ['image/webp', 'lossy.webp'],
        ],
        async ([type, file]) => {
          const { environment, copy } = await startXServer();
          await copy(type, fixture(`images/${file}`));
          expect(await linux(environment)).toEqual(readFileSync(fixture(`images/${file}`)));
        },
      ));

    it('reads what goes over in pieces', async () => {
      const large = Buffer.alloc(3_000_000, allBytes);
      const { environment, copy } = await startXServer();
      await copy('image/png', temporaryFile('large.png', large));
      expect((await linux(environment)).equals(large)).toBe(true);
      expect(await complaintOf(linux(environment, { maxBytes: 2_000_000 }))).toContain('larger than 2000000');
    });

    it('tells text and files from images', async () => {
      const { environment, copy } = await startXServer();
      expect(await complaintOf(linux(environment))).toBe('empty → Copy an image first.');
      await copy('UTF8_STRING', temporaryFile('notes.txt', 'hello'));
      expect(await complaintOf(linux(environment))).toContain('holds text, not an image →');
    });

    it('names the file that was copied', async () => {
      const { environment, copy } = await startXServer();
      await copy('text/uri-list', temporaryFile('list', 'file:///home/me/cat.png\r\n'));
      expect(await complaintOf(linux(environment))).toContain('holds the file /home/me/cat.png: name it');
    });

    it('tells when the server is gone', async () => {
      const { environment, stop } = await startXServer();
      await stop();
      expect(await complaintOf(linux(environment))).toContain("xclip failed: Can't open display");
    });
  },
);
