'use strict';

const { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { cachedDataVersionTag } = require('node:v8');

/**
 * Makes the function that keeps what V8 has compiled of the program, for the next start. It never fails: a cache that cannot
 * be written is one that is not there.
 *
 * @param {object} program
 * @param {string} program.folder
 * @param {string} program.cacheFile a path in the folder
 * @param {Buffer} program.source
 * @param {import('node:vm').Script} program.script what V8 made of the source
 * @param {(folder: string) => boolean} program.isPrivate
 */
exports.createKeeper = ({ folder, cacheFile, source, script, isPrivate }) => {
  // Flags of V8 that are set later, to save memory, would not be those of the next start.
  const tag = cachedDataVersionTag();
  return () => {
    if (tag !== cachedDataVersionTag()) return;
    makeFolder(dirname(folder));
    makeFolder(folder);
    if (!isPrivate(folder)) return;
    replaceFile(cacheFile, () => {
      const compiled = script.createCachedData();
      return Buffer.concat([compiled, compiled, source]);
    });
  };
};

/** @param {string} path */
function makeFolder(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch {
    // It is there already, or cannot be made; isPrivate() tells.
  }
}

/**
 * @param {string} path
 * @param {() => Buffer} makeContent called once it is known that a file can be made
 */
function replaceFile(path, makeContent) {
  const draft = `${path}.${process.pid}`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, makeContent());
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch {
    discard(draft);
  }
}

/** @param {string} path */
function discard(path) {
  try {
    rmSync(path, { force: true });
  } catch {
    // A folder that cannot be written to keeps what it has.
  }
}
