import type { Format } from './format.ts';
import { sendable } from './usual-signature.ts';

const magick = { conversion: 'magick {in} picture.png' };
const firstPage = { conversion: "magick '{in}[0]' picture.png" };
const firstFrame = { conversion: 'ffmpeg -i {in} -frames:v 1 picture.png' };
const preview = { conversion: 'exiftool -b -PreviewImage {in} > picture.jpg' };
const apple = { conversion: 'sips -s format png {in} --out picture.png' };
const office = { conversion: 'soffice --headless --convert-to png {in}' };
const postScript = { conversion: 'gs -q -o picture.png -sDEVICE=png16m -r150 -dEPSCrop {in}' };
const unpack = { advice: 'Unpack it and send the image inside.' };
const shortcut = { advice: 'Send the file it points to.' };
const again = { advice: 'Copy or download it once more.' };

/** Every format that is told apart, keyed by a short name. */
export const formats = {
  ...sendable,

  // What the HEIF container holds besides HEVC: https://nokiatech.github.io/heif/technical.html
  avif: unsent('image/avif', 'an AVIF image', { conversion: 'avifdec {in} picture.png', sharp: 'heif' }),
  avci: unsent('image/avci', 'an AVC-coded HEIF image', magick),
  vvic: unsent('image/vvic', 'a VVC-coded HEIF image', magick),
  hej2k: unsent('image/hej2k', 'a JPEG 2000 image in a HEIF file', magick),
  heifJpeg: unsent('image/heif', 'a JPEG image in a HEIF file', magick),

  gif: unsent('image/gif', 'a GIF image', { ...firstPage, sharp: 'gif' }),
  bmp: unsent('image/bmp', 'a BMP image', magick),
  tiff: unsent('image/tiff', 'a TIFF image', { ...firstPage, sharp: 'tiff' }),
  svg: unsent('image/svg+xml', 'an SVG drawing', {
    conversion: 'rsvg-convert {in} -o picture.png',
    sharp: 'svg',
  }),
  ico: unsent('image/vnd.microsoft.icon', 'an icon file', firstPage),
  psd: unsent('image/vnd.adobe.photoshop', 'a Photoshop file', firstPage),
  xcf: unsent('image/x-xcf', 'a GIMP file', { conversion: 'magick {in} -flatten picture.png' }),
  iphonePng: unsent('image/png', 'a PNG image changed for iPhone apps', apple),
  jxl: unsent('image/jxl', 'a JPEG XL image', { conversion: 'djxl {in} picture.png', sharp: 'jxl' }),
  jp2: unsent('image/jp2', 'a JPEG 2000 image', { ...magick, sharp: 'jp2' }),
  jpx: unsent('image/jpx', 'a JPEG 2000 image', { ...magick, sharp: 'jp2' }),
  jpm: unsent('image/jpm', 'a JPEG 2000 image', magick),
  j2k: unsent('image/j2c', 'a JPEG 2000 image', { ...magick, sharp: 'jp2' }),
  jls: unsent('image/jls', 'a JPEG-LS image', firstFrame),
  jxr: unsent('image/jxr', 'a JPEG XR image', magick),

  raw: unsent('image/x-raw', 'a raw camera file', preview),
  rawWithJpeg: unsent('image/x-raw', 'a raw camera file', {
    conversion: 'exiftool -b -JpgFromRaw {in} > picture.jpg',
  }),
  dng: unsent('image/x-adobe-dng', 'a DNG raw camera file', preview),

  pbm: unsent('image/x-portable-bitmap', 'a PBM image', { ...magick, sharp: 'ppm' }),
  pgm: unsent('image/x-portable-graymap', 'a PGM image', { ...magick, sharp: 'ppm' }),
  ppm: unsent('image/x-portable-pixmap', 'a PPM image', { ...magick, sharp: 'ppm' }),
  pfm: unsent('image/x-portable-floatmap', 'a PFM image', { ...magick, sharp: 'ppm' }),
  pam: unsent('image/x-portable-arbitrarymap', 'a PAM image', magick),
  qoi: unsent('image/qoi', 'a QOI image', magick),
  exr: unsent('image/aces', 'an OpenEXR image', {
    conversion: 'ffmpeg -apply_trc iec61966_2_1 -i {in} -frames:v 1 picture.png',
  }),
  hdr: unsent('image/vnd.radiance', 'a Radiance HDR image', { ...magick, sharp: 'rad' }),
  dds: unsent('image/vnd.ms-dds', 'a DDS texture', magick),
  fits: unsent('image/fits', 'a FITS image', { ...magick, sharp: 'fits' }),
  dicom: unsent('application/dicom', 'a DICOM file', {
    conversion: 'dcmj2pnm --write-png {in} picture.png',
  }),
  dpx: unsent('image/dpx', 'a DPX image', magick),
  pcx: unsent('image/vnd.zbrush.pcx', 'a PCX image', magick),
  sgi: unsent('image/sgi', 'an SGI image', magick),
  sun: unsent('image/x-cmu-raster', 'a Sun raster image', magick),
  xbm: unsent('image/x-xbitmap', 'an X bitmap', magick),
  xpm: unsent('image/x-xpixmap', 'an X pixmap', magick),
  jng: unsent('image/x-jng', 'a JNG image', magick),
  mng: unsent('video/x-mng', 'an MNG animation', firstPage),
  djvu: unsent('image/vnd.djvu', 'a DjVu document', firstPage),
  icns: unsent('image/icns', 'an Apple icon file', apple),
  cursor: unsent('application/x-navi-animation', 'an animated cursor'),
  wmf: unsent('image/wmf', 'a WMF drawing', office),
  emf: unsent('image/emf', 'an EMF drawing', office),
  pdf: unsent('application/pdf', 'a PDF document', {
    conversion: 'pdftoppm -png -r 150 -singlefile {in} picture',
  }),
  postScript: unsent('application/postscript', 'a PostScript document', postScript),

  mp4: unsent('video/mp4', 'an MP4 video', firstFrame),
  mov: unsent('video/quicktime', 'a QuickTime video', firstFrame),
  webm: unsent('video/webm', 'a WebM video', firstFrame),
  mkv: unsent('video/matroska', 'a Matroska video', firstFrame),
  avi: unsent('video/x-msvideo', 'an AVI video', firstFrame),
  mpeg: unsent('video/mpeg', 'an MPEG video', firstFrame),
  mpegTs: unsent('video/mp2t', 'an MPEG video', firstFrame),
  threeGp: unsent('video/3gpp', 'a 3GP video', firstFrame),
  flv: unsent('video/x-flv', 'a Flash video', firstFrame),
  asf: unsent('video/x-ms-asf', 'a Windows Media file', firstFrame),
  mp3: unsent('audio/mpeg', 'an MP3 sound file'),
  m4a: unsent('audio/mp4', 'an MP4 sound file'),
  wav: unsent('audio/wav', 'a WAV sound file'),
  ogg: unsent('audio/ogg', 'an Ogg file'),
  flac: unsent('audio/x-flac', 'a FLAC sound file'),

  zip: unsent('application/zip', 'a ZIP archive', unpack),
  sevenZip: unsent('application/x-7z-compressed', 'a 7z archive', unpack),
  rar: unsent('application/vnd.rar', 'a RAR archive', unpack),
  tar: unsent('application/x-tar', 'a tar archive', unpack),
  gzip: unsent('application/gzip', 'gzip-compressed data', unpack),
  bzip2: unsent('application/x-bzip2', 'bzip2-compressed data', unpack),
  xz: unsent('application/x-xz', 'xz-compressed data', unpack),
  zstd: unsent('application/zstd', 'Zstandard-compressed data', unpack),

  html: unsent('text/html', 'a web page', { advice: 'Save the image itself, not the page around it.' }),
  xml: unsent('application/xml', 'an XML document'),
  json: unsent('application/json', 'JSON text', {
    advice: 'Read it: it may say why there is no image.',
  }),
  gitLfs: unsent('text/plain', 'a Git LFS pointer', { advice: 'Fetch the image itself: git lfs pull' }),
  propertyList: unsent('application/x-plist', 'a property list, as iCloud leaves in place of a file', {
    advice: 'Download the image first: open it once in the Finder or in Files.',
  }),
  webShortcut: unsent('text/plain', 'a shortcut', shortcut),
  shortcut: unsent('application/x-ms-shortcut', 'a shortcut', shortcut),
  appleDouble: unsent('multipart/appledouble', 'what macOS keeps beside a file', {
    advice: 'Send the file whose name has no ._ in front.',
  }),
  dsStore: unsent('application/octet-stream', 'what the Finder keeps about a folder'),
  ole: unsent('application/x-ole-storage', 'a file of an old Office program, or a folder’s thumbnails'),
  text: unsent('text/plain', 'text'),

  zeros: unsent('application/octet-stream', 'only zeros', again),
  brokenPng: unsent('image/png', 'a PNG image damaged by being treated as text', again),
  brokenJpeg: unsent('image/jpeg', 'a JPEG image damaged by being treated as text', again),
  brokenWebp: unsent('image/webp', 'a WebP image damaged by being treated as text', again),
};

function unsent(
  mimeType: string,
  name: string,
  more: Pick<Format, 'conversion' | 'advice' | 'sharp'> = {},
): Format {
  return { mimeType, name, sendable: false, ...more };
}
