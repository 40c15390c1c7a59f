import { ImageError } from '../../errors.ts';
import { empty, holdsFiles, noBytes, notAnImage } from './no-image.ts';
import { type ClipboardOptions, failed, findProgram, runProgram } from './run-program.ts';

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
