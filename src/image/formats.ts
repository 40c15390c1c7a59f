/** What a file turned out to be, by its bytes. */
export interface Format {
  readonly mimeType: string;
  /** With its article, to stand in a sentence: "a GIF image". */
  readonly name: string;
  /** Whether the API takes it as it is. */
  readonly sendable: boolean;
  /** A command that makes a picture of it; `{in}` stands for the file. */
  readonly conversion?: string;
  /** What to do instead, where no command makes a picture of it. */
  readonly advice?: string;
}

const magick = 'magick {in} picture.png';
const firstFrame = "magick '{in}[0]' picture.png";
const frame = 'ffmpeg -i {in} -frames:v 1 picture.png';
const raw = 'exiftool -b -PreviewImage {in} > picture.jpg';

/** Every format that is told apart, keyed by a short name. */
export const formats = {
  png: { mimeType: 'image/png', name: 'a PNG image', sendable: true },
  jpeg: { mimeType: 'image/jpeg', name: 'a JPEG image', sendable: true },
  webp: { mimeType: 'image/webp', name: 'a WebP image', sendable: true },
  heic: { mimeType: 'image/heic', name: 'a HEIC image', sendable: true },
  heif: { mimeType: 'image/heif', name: 'a HEIF image', sendable: true },
  gif: { mimeType: 'image/gif', name: 'a GIF image', sendable: false, conversion: firstFrame },
  bmp: { mimeType: 'image/bmp', name: 'a BMP image', sendable: false, conversion: magick },
  tiff: { mimeType: 'image/tiff', name: 'a TIFF image', sendable: false, conversion: firstFrame },
  raw: { mimeType: 'image/x-raw', name: 'a raw camera file', sendable: false, conversion: raw },
  dng: { mimeType: 'image/x-adobe-dng', name: 'a DNG raw camera file', sendable: false, conversion: raw },
  avif: {
    mimeType: 'image/avif',
    name: 'an AVIF image',
    sendable: false,
    conversion: 'avifdec {in} picture.png',
  },
  jxl: {
    mimeType: 'image/jxl',
    name: 'a JPEG XL image',
    sendable: false,
    conversion: 'djxl {in} picture.png',
  },
  jp2: { mimeType: 'image/jp2', name: 'a JPEG 2000 image', sendable: false, conversion: magick },
  j2k: { mimeType: 'image/j2c', name: 'a JPEG 2000 image', sendable: false, conversion: magick },
  ico: {
    mimeType: 'image/vnd.microsoft.icon',
    name: 'an icon file',
    sendable: false,
    conversion: firstFrame,
  },
  psd: {
    mimeType: 'image/vnd.adobe.photoshop',
    name: 'a Photoshop file',
    sendable: false,
    conversion: firstFrame,
  },
  svg: {
    mimeType: 'image/svg+xml',
    name: 'an SVG drawing',
    sendable: false,
    conversion: 'rsvg-convert {in} -o picture.png',
  },
  pdf: {
    mimeType: 'application/pdf',
    name: 'a PDF document',
    sendable: false,
    conversion: 'pdftoppm -png -r 150 -singlefile {in} picture',
  },
  mp4: { mimeType: 'video/mp4', name: 'an MP4 video', sendable: false, conversion: frame },
  mov: { mimeType: 'video/quicktime', name: 'a QuickTime video', sendable: false, conversion: frame },
  webm: { mimeType: 'video/webm', name: 'a WebM video', sendable: false, conversion: frame },
  mkv: { mimeType: 'video/matroska', name: 'a Matroska video', sendable: false, conversion: frame },
  avi: { mimeType: 'video/x-msvideo', name: 'an AVI video', sendable: false, conversion: frame },
  html: {
    mimeType: 'text/html',
    name: 'a web page',
    sendable: false,
    advice: 'Save the image itself, not the page around it.',
  },
  xml: { mimeType: 'application/xml', name: 'an XML document', sendable: false },
  zip: { mimeType: 'application/zip', name: 'a ZIP archive', sendable: false },
  gzip: { mimeType: 'application/gzip', name: 'gzip-compressed data', sendable: false },
  gitLfs: {
    mimeType: 'text/plain',
    name: 'a Git LFS pointer',
    sendable: false,
    advice: 'Fetch the image itself: git lfs pull',
  },
  propertyList: {
    mimeType: 'application/x-plist',
    name: 'a property list, as iCloud leaves in place of a file',
    sendable: false,
    advice: 'Download the image first: open it once in the Finder or in Files.',
  },
  text: { mimeType: 'text/plain', name: 'text', sendable: false },
} as const satisfies Record<string, Format>;
