import { BlockList, isIP } from 'node:net';

/**
 * Whether an address belongs to no host of the public internet: this machine, a private network, or a special purpose.
 * Ranges: https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
 */
export function isSpecialAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return special.check(address, 'ipv4');
  return family === 6 && (special.check(address, 'ipv6') || isSpecialAddress(embedded(address) ?? ''));
}

/** The address in a host as URLs write it, with brackets around IPv6; undefined for a name. */
export function addressOf(hostname: string): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? undefined : address;
}

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
  ['::', 127], // Unspecified and loopback.
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  special.addSubnet(network, prefix, 'ipv6');
}

/** The IPv4 address inside an IPv6 one: mapped, compatible, NAT64 and 6to4. */
function embedded(address: string): string | undefined {
  // A URL writes every IPv6 address in one way, in hexadecimal.
  const text = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const low = /^(?:::ffff:|::|64:ff9b::)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(text);
  const sixToFour = /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/.exec(text);
  const [, high = '0', rest] = low ?? sixToFour ?? [];
  if (rest === undefined) return undefined;
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(rest, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}
