import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isSpecialAddress } from './private-address.ts';

/** An address that a server pointed to and that it has no business with. */
export class SpecialAddressError extends Error {}

/**
 * Looks a name up as Node does, and fails with a `SpecialAddressError` when it stands for a special address. The connection
 * goes to the address that was checked, so no second answer of the name server can get around it.
 */
export const checkedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error || first === undefined) callback(error, '');
    else if (addresses.some(({ address }) => isSpecialAddress(address)))
      callback(new SpecialAddressError(`${hostname} is on a private network`), '');
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
