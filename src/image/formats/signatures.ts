import { sendable } from './fast-sniff.ts';
import type { Format } from './image-format.ts';
import {
  bitmapNumbers,
  colourNumbers,
  floatNumbers,
  grayNumbers,
  isBitmap,
  isGif,
  isIcon,
  isMovie,
  isPcx,
  isSgi,
  isTransportStream,
  isWebm,
  namedNumbers,
} from './structures.ts';

/**
 * Recognises a format by the table below: by the text that its bytes would be in Latin-1, or by its structure.
 * Signatures: https://en.wikipedia.org/wiki/List_of_file_signatures
 */
export function recogniseSignature(bytes: Buffer): Format | undefined {
  const text = bytes.toString('latin1', 0, 512);
  return rows.find(([, signatures]) => signatures.some((signature) => fits(signature, bytes, text)))?.[0];
}

type Signature =
  | string
  | { readonly at: number; readonly text: string }
  | RegExp
  | ((bytes: Buffer, text: string) => boolean);

function fits(signature: Signature, bytes: Buffer, text: string): boolean {
  if (typeof signature === 'string') return text.startsWith(signature);
  if (typeof signature === 'function') return signature(bytes, text);
  return signature instanceof RegExp ? signature.test(text) : text.startsWith(signature.text, signature.at);
}

const rows: (readonly [format: Format, signatures: readonly Signature[]])[] = [];

/** A row of the table: a format that the API does not accept, its name in messages, what to do, and how its files begin. */
function row(
  mimeType: string,
  name: string,
  help: Pick<Format, 'conversion' | 'advice' | 'sharp'>,
  ...signatures: readonly Signature[]
): Format {
  const format = { mimeType, name, sendable: false, ...help };
  rows.push([format, signatures]);
  return format;
}

const nothing = {};
const magick = { conversion: 'magick {in} picture.png' };
const firstPage = { conversion: "magick '{in}[0]' picture.png" };
const firstFrame = { conversion: 'ffmpeg -i {in} -frames:v 1 picture.png' };
const preview = { conversion: 'exiftool -b -PreviewImage {in} > picture.jpg' };
const sharpJp2 = { ...magick, sharp: 'jp2' };
const sharpRad = { ...magick, sharp: 'rad' };
const sharpPpm = { ...magick, sharp: 'ppm' };
const jpegFromRaw = { conversion: 'exiftool -b -JpgFromRaw {in} > picture.jpg' };
const flatten = { conversion: 'magick {in} -flatten picture.png' };
const sips = { conversion: 'sips -s format png {in} --out picture.png' };
const office = { conversion: 'soffice --headless --convert-to png {in}' };
const avifdec = { conversion: 'avifdec {in} picture.png', sharp: 'heif' };
const djxl = { conversion: 'djxl {in} picture.png', sharp: 'jxl' };
const rsvg = { conversion: 'rsvg-convert {in} -o picture.png', sharp: 'svg' };
const dcmtk = { conversion: 'dcmj2pnm --write-png {in} picture.png' };
const openExr = { conversion: 'ffmpeg -apply_trc iec61966_2_1 -i {in} -frames:v 1 picture.png' };
const ghostscript = { conversion: 'gs -q -o picture.png -sDEVICE=png16m -r150 -dEPSCrop {in}' };
const poppler = { conversion: 'pdftoppm -png -r 150 -singlefile {in} picture' };
const unpack = { advice: 'Unpack it and send the image inside.' };
const shortcut = { advice: 'Send the file it points to.' };
const again = { advice: 'Copy or download it again.' };
const saveImage = { advice: 'Save the image itself, not the page around it.' };
const readIt = { advice: 'Read it: it may explain why there is no image.' };
const lfsPull = { advice: 'Fetch the image itself: git lfs pull' };
const fromCloud = { advice: 'Download the image first: open it once in the Finder or in Files.' };
const withoutDots = { advice: 'Send the file of the same name without ._ in front.' };

/** Fujifilm, Sigma X3F, Minolta MRW, and Olympus ORF in three kinds; others are built like TIFF. */
const rawStarts = ['FUJIFILMCCD-RAW', 'FOVb', '\0MRM', 'IIRO\x08\0', 'IIRS\x08\0', 'MMOR\0\0'];
const tarMarks = ['ustar\0', 'ustar  \0'].map((text) => ({ at: 257, text }));
const jp2Box = '\0\0\0\x0cjP  \r\n\x87\n';
const asText = 'damaged by being treated as text';

/**
 * Every format that is told apart, keyed by a short name, in the order in which its signatures are tried. Each signature has
 * a character that prose has not, or is unlikely to begin it. Those without one are recognised by another file here.
 */
export const formats = {
  ...sendable,

  // What the HEIF container holds besides HEVC, by its brands: https://nokiatech.github.io/heif/technical.html
  avif: row('image/avif', 'an AVIF image', avifdec),
  avci: row('image/avci', 'an AVC-coded HEIF image', magick),
  vvic: row('image/vvic', 'a VVC-coded HEIF image', magick),
  hej2k: row('image/hej2k', 'a JPEG 2000 image in a HEIF file', magick),
  heifJpeg: row('image/heif', 'a JPEG image in a HEIF file', magick),

  // All other PNG files are sent.
  iphonePng: row('image/png', 'a PNG image changed for iPhone apps', sips, '\x89PNG\r\n\x1a\n'),
  psd: row('image/vnd.adobe.photoshop', 'a Photoshop file', firstPage, '8BPS\0\x01', '8BPS\0\x02'), // And PSB.
  xcf: row('image/x-xcf', 'a GIMP file', flatten, 'gimp xcf file\0', 'gimp xcf v0'),
  jxl: row('image/jxl', 'a JPEG XL image', djxl, '\xff\x0a', '\0\0\0\x0cJXL \r\n\x87\n'),
  jpx: row('image/jpx', 'a JPEG 2000 image', sharpJp2, `${jp2Box}\0\0\0\x14ftypjpx `),
  jpm: row('image/jpm', 'a JPEG 2000 image', magick, `${jp2Box}\0\0\0\x14ftypjpm `),
  jp2: row('image/jp2', 'a JPEG 2000 image', sharpJp2, jp2Box),
  j2k: row('image/j2c', 'a JPEG 2000 image', sharpJp2, '\xff\x4f\xff\x51'),
  jls: row('image/jls', 'a JPEG-LS image', firstFrame, '\xff\xd8\xff\xf7'),
  jxr: row('image/jxr', 'a JPEG XR image', magick, 'II\xbc\x01'),
  raw: row('image/x-raw', 'a raw camera file', preview, ...rawStarts),
  // Panasonic RW2 and Canon CRW.
  rawWithJpeg: row('image/x-raw', 'a raw camera file', jpegFromRaw, 'IIU\0', { at: 6, text: 'HEAPCCDR' }),
  qoi: row('image/qoi', 'a QOI image', magick, 'qoif\0'),
  exr: row('image/aces', 'an OpenEXR image', openExr, '\x76\x2f\x31\x01'),
  hdr: row('image/vnd.radiance', 'a Radiance HDR image', sharpRad, '#?RADIANCE\n', '#?RGBE\n'),
  dds: row('image/vnd.ms-dds', 'a DDS texture', magick, 'DDS \x7c\0\0\0'),
  fits: row('image/fits', 'a FITS image', { ...magick, sharp: 'fits' }, 'SIMPLE  =  '),
  dicom: row('application/dicom', 'a DICOM file', dcmtk, { at: 128, text: 'DICM\x02\0' }),
  dpx: row('image/dpx', 'a DPX image', magick, 'SDPX\0', 'XPDS'),
  sun: row('image/x-cmu-raster', 'a Sun raster image', magick, '\x59\xa6\x6a\x95'),
  jng: row('image/x-jng', 'a JNG image', magick, '\x8bJNG\r\n\x1a\n'),
  mng: row('video/x-mng', 'an MNG animation', firstPage, '\x8aMNG\r\n\x1a\n'),
  djvu: row('image/vnd.djvu', 'a DjVu document', firstPage, 'AT&TFORM'),
  icns: row('image/icns', 'an Apple icon file', sips, 'icns\0'),
  cursor: row('application/x-navi-animation', 'an animated cursor', nothing, /^RIFF.{4}ACON/s),
  wmf: row('image/wmf', 'a WMF drawing', office, '\xd7\xcd\xc6\x9a', '\x01\0\x09\0\0\x03'),
  emf: row('image/emf', 'an EMF drawing', office, { at: 40, text: ' EMF\0\0\x01\0' }),
  pdf: row('application/pdf', 'a PDF document', poppler, '%PDF-'),
  postScript: row('application/postscript', 'a PostScript document', ghostscript, '%!PS', '\xc5\xd0\xd3\xc6'),

  webm: row('video/webm', 'a WebM video', firstFrame, isWebm),
  mkv: row('video/matroska', 'a Matroska video', firstFrame, '\x1aE\xdf\xa3'),
  avi: row('video/x-msvideo', 'an AVI video', firstFrame, /^RIFF.{4}AVI /s),
  mpeg: row('video/mpeg', 'an MPEG video', firstFrame, '\0\0\x01\xba', '\0\0\x01\xb3'),
  flv: row('video/x-flv', 'a Flash video', firstFrame, 'FLV\x01'),
  asf: row('video/x-ms-asf', 'a Windows Media file', firstFrame, '\x30\x26\xb2\x75\x8e\x66\xcf\x11'),
  mp4: row('video/mp4', 'an MP4 video', firstFrame),
  threeGp: row('video/3gpp', 'a 3GP video', firstFrame),
  mov: row('video/quicktime', 'a QuickTime video', firstFrame, isMovie),
  mp3: row('audio/mpeg', 'an MP3 sound file', nothing, 'ID3\x02', 'ID3\x03', 'ID3\x04'),
  m4a: row('audio/mp4', 'an MP4 sound file', nothing),
  wav: row('audio/wav', 'a WAV sound file', nothing, /^RIFF.{4}WAVE/s),
  ogg: row('audio/ogg', 'an Ogg file', nothing, 'OggS\0'),
  flac: row('audio/x-flac', 'a FLAC sound file', nothing, 'fLaC\0', 'fLaC\x80'),

  // An archive with files in it, an empty one, and one in parts.
  zip: row('application/zip', 'a ZIP archive', unpack, 'PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'),
  sevenZip: row('application/x-7z-compressed', 'a 7z archive', unpack, '7z\xbc\xaf\x27\x1c'),
  rar: row('application/vnd.rar', 'a RAR archive', unpack, 'Rar!\x1a\x07'),
  tar: row('application/x-tar', 'a tar archive', unpack, ...tarMarks),
  gzip: row('application/gzip', 'gzip-compressed data', unpack, '\x1f\x8b\x08'),
  bzip2: row('application/x-bzip2', 'bzip2-compressed data', unpack, { at: 4, text: '1AY&SY' }),
  xz: row('application/x-xz', 'xz-compressed data', unpack, '\xfd7zXZ\0'),
  zstd: row('application/zstd', 'Zstandard-compressed data', unpack, '\x28\xb5\x2f\xfd'),

  propertyList: row('application/x-plist', 'an iCloud placeholder (a property list)', fromCloud, 'bplist00'),
  // Of Windows, and of macOS.
  shortcut: row(
    'application/x-ms-shortcut',
    'a shortcut',
    shortcut,
    '\x4c\0\0\0\x01\x14\x02\0',
    'book\0\0\0\0mark',
  ),
  appleDouble: row(
    'multipart/appledouble',
    'a macOS metadata file',
    withoutDots,
    '\0\x05\x16\x07',
    '\0\x05\x16\0',
  ),
  dsStore: row('application/octet-stream', 'a Finder metadata file', nothing, '\0\0\0\x01Bud1'),
  ole: row(
    'application/x-ole-storage',
    'an old Office file or a thumbnail cache',
    nothing,
    '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
  ),

  // Without a clear signature.
  gif: row('image/gif', 'a GIF image', { ...firstPage, sharp: 'gif' }, isGif),
  pbm: row('image/x-portable-bitmap', 'a PBM image', sharpPpm, bitmapNumbers),
  pgm: row('image/x-portable-graymap', 'a PGM image', sharpPpm, grayNumbers),
  ppm: row('image/x-portable-pixmap', 'a PPM image', sharpPpm, colourNumbers),
  pfm: row('image/x-portable-floatmap', 'a PFM image', sharpPpm, floatNumbers),
  pam: row('image/x-portable-arbitrarymap', 'a PAM image', magick, namedNumbers),
  bmp: row('image/bmp', 'a BMP image', magick, isBitmap),
  ico: row('image/vnd.microsoft.icon', 'an icon file', firstPage, isIcon),
  pcx: row('image/vnd.zbrush.pcx', 'a PCX image', magick, isPcx),
  sgi: row('image/sgi', 'an SGI image', magick, isSgi),
  mpegTs: row('video/mp2t', 'an MPEG video', firstFrame, isTransportStream),

  tiff: row('image/tiff', 'a TIFF image', { ...firstPage, sharp: 'tiff' }),
  dng: row('image/x-adobe-dng', 'a DNG raw camera file', preview),

  svg: row('image/svg+xml', 'an SVG drawing', rsvg),
  xbm: row('image/x-xbitmap', 'an X bitmap', magick),
  xpm: row('image/x-xpixmap', 'an X pixmap', magick),
  html: row('text/html', 'a web page', saveImage),
  xml: row('application/xml', 'an XML document', nothing),
  json: row('application/json', 'JSON text', readIt),
  gitLfs: row('text/plain', 'a Git LFS pointer', lfsPull),
  webShortcut: row('text/plain', 'a shortcut', shortcut),
  text: row('text/plain', 'text', nothing),

  zeros: row('application/octet-stream', 'only zeros', again),
  brokenPng: row('image/png', `a PNG image ${asText}`, again),
  brokenJpeg: row('image/jpeg', `a JPEG image ${asText}`, again),
  brokenWebp: row('image/webp', `a WebP image ${asText}`, again),
};
