import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Whether an address belongs to no host of the public internet: this machine, a private network, or a special purpose. So
 * does what is no address. Ranges: https://www.iana.org/assignments/iana-ipv4-special-registry and
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isSpecialAddress(address: string): boolean {
  const bare = address.replace(/%.*$/s, '');
  const family = isIP(bare);
  if (family === 4) return special.check(bare, 'ipv4');
  if (family !== 6) return true;
  const inside = embedded(bare);
  if (inside !== undefined) return special.check(inside, 'ipv4');
  return !globalUnicast.check(bare, 'ipv6') || special.check(bare, 'ipv6');
}

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

/** The IPv4 address that an IPv4-mapped (RFC 4291) or a NAT64 address (RFC 6052) leads to. */
function embedded(address: string): string | undefined {
  // A URL writes every IPv6 address in one way, in hexadecimal.
  const { hostname } = new URL(`http://[${address}]`);
  const [, high, low] = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}

/** The address in a host as URLs write it, with brackets around IPv6; undefined for a name. */
export function addressOf(hostname: string): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? undefined : address;
}

/** No public IPv6 address is outside of it. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // Shared by customers of a provider.
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // Link-local; clouds answer here with credentials.
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  special.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['2001::', 23], // Teredo, among others.
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4, which is gone and leads to an IPv4 address.
  ['3fff::', 20],
] as const) {
  special.addSubnet(network, prefix, 'ipv6');
}
