import { app1, startOfScan } from '../dimensions/jpeg.ts';
import { exifPrefix } from '../exif.ts';
import type { ReadAt } from '../readable.ts';
import { type JpegSegment, jpegSegments } from './jpeg-segments.ts';
import { reduceExif } from './orientation.ts';
import { type Draft, damaged, draftPlan, type StripPlan } from './plan.ts';

/**
 * Keeps the image data and what decoders need to show it as it is: the JFIF header, the colour profile, Adobe's colour
 * transform and the orientation. All other application segments and comments go, and so does all behind the image: further
 * images and films bring metadata of their own. Throws an `ImageError` for a file that cannot be followed.
 */
export function planJpegStrip(readAt: ReadAt, bytes: number): StripPlan {
  if (readAt(0, 2).toString('latin1') !== '\xff\xd8') throw damaged('it is not a JPEG image');
  const draft = draftPlan();
  draft.keep(0, 2);
  let hasExif = false;
  let hasScan = false;
  let end = 2;
  for (const segment of jpegSegments(readAt, bytes)) {
    const head = readAt(segment.content, Math.min(longestHead, segment.end - segment.content));
    const isExif = segment.marker === app1 && head.toString('latin1').startsWith(exifPrefix);
    if (isImageData(segment.marker)) draft.keep(segment.start, segment.end);
    else if (isExif && !hasExif && !hasScan) planExif(draft, readAt, segment);
    else planApplication(draft, readAt, segment, head);
    hasExif ||= isExif;
    hasScan ||= segment.marker === startOfScan;
    end = segment.end;
  }
  if (!hasScan) throw damaged();
  if (end < bytes) draft.remove('trailing data');
  return draft.finish();
}

/** Enough to tell application segments apart. */
const longestHead = 40;

/** Frames, scans, tables, restarts and the end. Throws for what is neither that nor an application's. */
function isImageData(marker: number): boolean {
  if ((marker >= 0xe0 && marker <= 0xef) || marker === comment) return false;
  if (marker > 0xdf) throw damaged(); // Extensions of JPEG that no decoder of JPEG reads.
  return true;
}

const comment = 0xfe;

function planExif(draft: Draft, readAt: ReadAt, { start, content, end }: JpegSegment): void {
  const { replacement, removed } = reduceExif(readAt, content + exifPrefix.length, end);
  draft.remove(...removed);
  if (removed.length === 0) draft.keep(start, end);
  else if (replacement) draft.insert(segmentOf(app1, Buffer.concat([Buffer.from(exifPrefix), replacement])));
}

function planApplication(draft: Draft, readAt: ReadAt, segment: JpegSegment, head: Buffer): void {
  const { marker, start, content, end } = segment;
  const name = head.toString('latin1');
  if (marker === 0xe2 && name.startsWith('ICC_PROFILE\0')) {
    draft.keep(start, end);
  } else if (marker === 0xe0 && name.startsWith('JFIF\0')) {
    // Version, density, and the size of a thumbnail that follows: https://www.w3.org/Graphics/JPEG/jfif3.pdf
    const header = Buffer.concat([head.subarray(0, 12), Buffer.alloc(2)]);
    keepHeader(draft, segment, header, 'thumbnail');
  } else if (marker === 0xee && name.startsWith('Adobe')) {
    keepHeader(draft, segment, head.subarray(0, 12), 'other data');
  } else {
    draft.remove(nameOf(segment, name, readAt(content, end - content)));
  }
}

/** Keeps a segment that is as short as it should be, else cuts it down to its header. */
function keepHeader(
  draft: Draft,
  { marker, start, content, end }: JpegSegment,
  header: Buffer,
  rest: string,
): void {
  if (end - content <= header.length) {
    draft.keep(start, end);
  } else {
    draft.insert(segmentOf(marker, header));
    draft.remove(rest);
  }
}

function segmentOf(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + content.length, 2);
  return Buffer.concat([head, content]);
}

/** Identifiers: https://exiftool.org/TagNames/JPEG.html */
function nameOf({ marker }: JpegSegment, name: string, content: Buffer): string {
  if (marker === comment) return 'comments';
  if (marker === 0xed && name.startsWith('Photoshop ')) {
    return content.includes('8BIM\x04\x04', 0, 'latin1') ? 'IPTC' : 'Photoshop settings';
  }
  return names.find(([of, start]) => of === marker && name.startsWith(start))?.[2] ?? 'other data';
}

const names: readonly [marker: number, identifier: string, name: string][] = [
  [0xe0, 'JFXX\0', 'thumbnail'],
  [0xe1, 'Exif\0', 'EXIF'],
  [0xe1, 'http://ns.adobe.com/xap/1.0/\0', 'XMP'],
  [0xe1, 'http://ns.adobe.com/xmp/extension/\0', 'XMP'],
  [0xe1, 'FLIR\0', 'thermal data'],
  [0xe2, 'MPF\0', 'list of further images'],
  [0xeb, 'JP', 'content credentials'],
  [0xec, 'Ducky', 'Photoshop settings'],
];
