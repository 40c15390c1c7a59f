'use strict';
// Preloaded into the program: says on standard error whether V8 was given compiled code for it, and whether it took it.
const vm = require('node:vm');

vm.Script = class extends vm.Script {
  /** @param {string} code @param {import('node:vm').ScriptOptions} options */
  constructor(code, options) {
    super(code, options);
    const taken = this.cachedDataRejected ? 'rejected' : 'used';
    process.stderr.write(`compiled code: ${options.cachedData === undefined ? 'none' : taken}\n`);
  }
};
