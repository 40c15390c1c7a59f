import { closeSync, linkSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const photo = readFileSync(new URL('../fixtures/images/jfif.jpg', import.meta.url));

/**
 * Fills a new folder with so many images of so many bytes each: one small photo, and noise behind it that differs from image
 * to image.
 * @param {string} folder
 * @param {number} count
 * @param {number} bytes
 */
export function writeDistinctImages(folder, count, bytes) {
  mkdirSync(folder);
  const image = Buffer.alloc(bytes);
  for (let at = photo.length; at < bytes; at++) image[at] = (at * at) >>> 5;
  photo.copy(image);
  for (let number = 0; number < count; number++) {
    image.writeUInt32BE(number, bytes - 4);
    writeFile(join(folder, nameOf(number)), image);
  }
  return folder;
}

/**
 * Makes a folder of the first images of another.
 * @param {string} folder
 * @param {string} source
 * @param {number} count
 */
export function linkImages(folder, source, count) {
  mkdirSync(folder);
  for (let number = 0; number < count; number++) {
    linkSync(join(source, nameOf(number)), join(folder, nameOf(number)));
  }
  return folder;
}

/**
 * Writes an image that no folder holds yet.
 * @param {string} path
 */
export function writeNewImage(path) {
  writeFile(path, Buffer.concat([photo, Buffer.from('new')]));
}

/** @param {number} number */
function nameOf(number) {
  return `photo-${number}.jpg`;
}

/**
 * @param {string} path
 * @param {Buffer} bytes
 */
function writeFile(path, bytes) {
  const file = openSync(path, 'wx');
  writeSync(file, bytes);
  closeSync(file);
}
