import { ImageError } from '../../errors.ts';
import {
  type ClipboardOptions,
  empty,
  failed,
  findProgram,
  holdsFiles,
  noBytes,
  notAnImage,
  runProgram,
  tooLarge,
} from './run-program.ts';

/** Reads the image on the clipboard of macOS, through osascript, or pngpaste where it is installed. Throws an `ImageError`. */
export async function readMacClipboard(options: ClipboardOptions): Promise<Buffer> {
  const osascript = findProgram('osascript', options.environment);
  if (osascript === undefined)
    throw new ImageError('osascript is not found', { hint: 'Add /usr/bin to PATH.' });

  const classes = (await askFor(osascript, 'clipboard info', options)).toString();
  // Before the images: next to a file, the Finder puts the picture of its icon.
  if (classes.includes('«class furl»')) throw holdsFiles(await copiedFile(osascript, options));
  const best = imageClasses.find(({ names }) => names.some((name) => classes.includes(name)));
  if (best === undefined) throw explainClasses(classes.trim());
  return (await readWithPngpaste(options)) ?? readData(osascript, best.code, options);
}

const maxAnswerBytes = 1024 * 1024;

/** What AppleScript calls the formats, best first. */
const imageClasses = [
  { code: 'PNGf', names: ['«class PNGf»'] },
  { code: 'JPEG', names: ['JPEG picture', '«class JPEG»'] },
  { code: 'GIFf', names: ['GIF picture', '«class GIFf»'] },
  { code: 'TIFF', names: ['TIFF picture', '«class TIFF»'] },
];

async function askFor(
  osascript: string,
  script: string,
  options: ClipboardOptions,
  maxOutputBytes = maxAnswerBytes,
): Promise<Buffer> {
  const { exitCode, stdout, complaint } = await runProgram(
    osascript,
    ['-e', script],
    options,
    maxOutputBytes,
  );
  if (exitCode !== 0) throw failed('osascript', complaint, exitCode);
  return stdout;
}

async function copiedFile(osascript: string, options: ClipboardOptions): Promise<string[]> {
  const args = ['-e', 'POSIX path of (the clipboard as «class furl»)'];
  const { exitCode, stdout } = await runProgram(osascript, args, options, maxAnswerBytes);
  return exitCode === 0 ? [stdout.toString().trimEnd()] : [];
}

function explainClasses(classes: string): ImageError {
  return classes === '' ? empty() : notAnImage(/text|string|«class (?:utf8|ut16)»/i.test(classes));
}

/** The faster way; undefined where it is not installed or does not work. */
async function readWithPngpaste(options: ClipboardOptions): Promise<Buffer | undefined> {
  const path = findProgram('pngpaste', options.environment);
  if (path === undefined) return undefined;
  const { exitCode, stdout } = await runProgram(path, ['-'], options);
  return exitCode === 0 && stdout.length > 0 ? stdout : undefined;
}

/** osascript prints bytes in hexadecimal: «data PNGf89504E47…». */
async function readData(osascript: string, code: string, options: ClipboardOptions): Promise<Buffer> {
  const prefix = Buffer.from(`«data ${code}`);
  const maxPrintedBytes = options.maxBytes * 2 + 64;
  const printed = await askFor(osascript, `the clipboard as «class ${code}»`, options, maxPrintedBytes);
  const end = printed.lastIndexOf('»');
  const hexadecimal = printed.toString('latin1', prefix.length, end);
  const bytes = Buffer.from(hexadecimal, 'hex');
  if (printed.indexOf(prefix) !== 0 || end < prefix.length || bytes.length * 2 !== hexadecimal.length) {
    throw failed('osascript', 'what it printed is not an image', 0);
  }
  if (bytes.length === 0) throw noBytes();
  if (bytes.length > options.maxBytes) throw tooLarge(options.maxBytes);
  return bytes;
}

/** Reads the image on the clipboard of Windows as a PNG, through Windows PowerShell. Throws an `ImageError`. */
export async function readWindowsClipboard(options: ClipboardOptions): Promise<Buffer> {
  const path = findProgram('powershell.exe', options.environment);
  if (path === undefined) {
    throw new ImageError('powershell.exe is not found', {
      hint: 'Add C:\\Windows\\System32\\WindowsPowerShell\\v1.0 to PATH.',
    });
  }
  const args = ['-NoProfile', '-NonInteractive', '-STA', '-Command', script];
  const { exitCode, stdout, complaint } = await runProgram(path, args, options);
  switch (exitCode) {
    case 0:
      if (stdout.length === 0) throw noBytes();
      return stdout;
    case exitCodes.empty:
      throw empty();
    case exitCodes.files:
      throw holdsFiles(stdout.toString().split('\n'));
    case exitCodes.text:
      throw notAnImage(true);
    case exitCodes.other:
      throw notAnImage(false);
    default:
      throw failed('powershell.exe', complaint, exitCode);
  }
}

/** Of the script below; PowerShell itself ends with 0 or 1. */
const exitCodes = { empty: 40, files: 41, text: 42, other: 43 };

/**
 * Without double quotes, which would have to survive two rounds of quoting, and without cmdlets: their modules do not load
 * where PowerShell 7 has set PSModulePath (https://github.com/PowerShell/PowerShell/issues/27774).
 * "PNG" is what browsers put there, with its transparency; other images are made into a PNG. An image goes before files:
 * Firefox puts both.
 */
const script = `
$ErrorActionPreference = 'Stop';
try {
  [void][Reflection.Assembly]::LoadWithPartialName('System.Windows.Forms');
  [void][Reflection.Assembly]::LoadWithPartialName('System.Drawing');
  $output = [Console]::OpenStandardOutput();
  $data = [Windows.Forms.Clipboard]::GetDataObject();
  if ($null -eq $data -or $data.GetFormats().Length -eq 0) { exit ${exitCodes.empty} };
  $png = $data.GetData('PNG') -as [IO.MemoryStream];
  if ($null -eq $png -and $data.GetDataPresent([Windows.Forms.DataFormats]::Bitmap, $true)) {
    $image = [Windows.Forms.Clipboard]::GetImage();
    if ($null -ne $image) {
      $png = [IO.MemoryStream]::new();
      $image.Save($png, [Drawing.Imaging.ImageFormat]::Png);
    }
  };
  if ($null -ne $png) { $png.WriteTo($output); $output.Flush(); exit 0 };
  $files = [Windows.Forms.Clipboard]::GetFileDropList();
  if ($files.Count -gt 0) {
    $bytes = [Text.Encoding]::UTF8.GetBytes($files -join [char]10);
    $output.Write($bytes, 0, $bytes.Length); $output.Flush(); exit ${exitCodes.files}
  };
  if ([Windows.Forms.Clipboard]::ContainsText()) { exit ${exitCodes.text} };
  exit ${exitCodes.other}
} catch {
  $bytes = [Text.Encoding]::UTF8.GetBytes($_.Exception.Message);
  [Console]::OpenStandardError().Write($bytes, 0, $bytes.Length);
  exit 1
}`
  .replace(/\s+/g, ' ')
  .trim();
