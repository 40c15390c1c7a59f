#!/usr/bin/env node
'use strict';

// A Node that is too old reads this file before it can be told so: no syntax here is newer than Node 10, and nothing is
// loaded before the version is known. It is one file because each further one takes a hundredth of the time to start.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) start(process.argv.slice(2));
else {
  const found = `this is ${process.version}`;
  process.stderr.write(`describe-image: needs Node 20.19 or newer, and ${found}; see https://nodejs.org\n`);
  process.exitCode = 2;
}

/** @param {string[]} args */
function start(args) {
  if (args.length === 1 && printText(args[0])) return;
  const { program, keepCompiled } = load(require('node:path').join(__dirname, '../dist/cli.cjs'));
  program.run(args, program.systemIo(keepCompiled)).then(program.endProcess);
}

/**
 * Prints what was worded when the program was built. Returns false where there is no such text, or it cannot be written.
 *
 * @param {string} option
 */
function printText(option) {
  const texts = new Map([
    ['-h', 'short-help'],
    ['--help', 'help'],
    ['-V', 'version'],
    ['--version', 'version'],
  ]);
  if (!texts.has(option)) return false;
  const { readFileSync, writeSync } = require('node:fs');
  let text = Buffer.alloc(0);
  let written = 0;
  try {
    text = readFileSync(`${__dirname}/../dist/${texts.get(option)}.txt`);
    while (written < text.length) written += writeSync(1, text, written);
  } catch (_) {
    // What went wrong is told by the program; a pipe that is full for now takes the rest later.
    if (written === 0) return false;
    process.stdout.write(text.subarray(written));
  }
  return true;
}

/**
 * Loads the program, with the code that V8 compiled at an earlier start. V8 runs such code as it is, so it is read from a
 * private folder alone; where there can be none, the program is loaded like any other.
 *
 * @param {string} file
 */
function load(file) {
  const folder = cacheFolder();
  if (folder === undefined) return { program: require(file) };
  const { readFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  const { Script } = require('node:vm');

  const source = readFileSync(file);
  const cacheFile = `${folder}/${process.version}-${process.platform}-${process.arch}`;
  const cachedData = isPrivate(folder) ? readCompiled(cacheFile, source) : undefined;
  const script = new Script(source.toString('latin1'), { filename: file, cachedData });

  // What is loaded on demand finds the program where require() looks for it.
  const own = Object.assign(new module.constructor(file), { filename: file, paths: module.paths });
  require.cache[file] = own;
  script.runInThisContext()(own.exports, (id) => own.require(id), own, file, dirname(file));
  own.loaded = true;

  const program = own.exports;
  if (cachedData !== undefined && !script.cachedDataRejected) return { program };
  const { createKeeper } = require('./keep-compiled.cjs');
  return { program, keepCompiled: createKeeper({ folder, cacheFile, source, script, isPrivate }) };
}

/** Where compiled code is kept: in NODE_COMPILE_CACHE, or in the user's own folder for caches. */
function cacheFolder() {
  const { NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME, HOME, LOCALAPPDATA } = process.env;
  const { isAbsolute } = require('node:path');
  if (NODE_DISABLE_COMPILE_CACHE) return undefined;
  const usual = process.platform === 'win32' ? LOCALAPPDATA : HOME && `${HOME}/.cache`;
  // One that is not absolute is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  const own = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : usual;
  const parent = NODE_COMPILE_CACHE || own;
  return parent && isAbsolute(parent) ? `${parent}/describe-image` : undefined;
}

/**
 * Whether nobody else can write to a folder, or put another one in its place. Windows has no such bits: there the folder of
 * the user is private, and a link is not followed.
 *
 * @param {string} folder
 */
function isPrivate(folder) {
  const { lstatSync, realpathSync } = require('node:fs');
  const { dirname } = require('node:path');
  try {
    const stats = lstatSync(folder);
    if (!stats.isDirectory()) return false;
    if (process.geteuid === undefined) return true;
    const user = process.geteuid();
    if (stats.uid !== user || (stats.mode & 0o777) !== 0o700) return false;
    for (let path = realpathSync.native(folder); path !== dirname(path); ) {
      path = dirname(path);
      const { uid, mode } = lstatSync(path);
      const isShared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
      if ((uid !== user && uid !== 0) || isShared) return false;
    }
    return true;
  } catch (_) {
    return false;
  }
}

/**
 * Reads what keep-compiled.cjs wrote: the compiled code twice, since V8 does not notice where it is damaged, and the source
 * that it was made of. Undefined unless all of it is whole and belongs to this source.
 *
 * @param {string} cacheFile
 * @param {Buffer} source
 */
function readCompiled(cacheFile, source) {
  const { closeSync, constants, fstatSync, openSync, readFileSync } = require('node:fs');
  let file;
  try {
    file = openSync(
      cacheFile,
      constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0),
    );
    const { uid, mode, nlink } = fstatSync(file);
    const isOwn = process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o077) === 0);
    if (!isOwn || nlink !== 1) return undefined;
    const content = readFileSync(file);
    const length = (content.length - source.length) / 2;
    const compiled = content.subarray(0, length);
    const isWhole = compiled.equals(content.subarray(length, 2 * length));
    return isWhole && source.equals(content.subarray(2 * length)) ? compiled : undefined;
  } catch (_) {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
