import { expect, it } from 'vitest';
import {
  addressOf,
  checkedLookup,
  isSpecialAddress,
  SpecialAddressError,
} from '../../src/http/private-address.ts';

it('knows the addresses of this machine, of private networks and of special purposes', () => {
  const special = [
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '100.127.255.255',
      '127.0.0.1',
      '127.255.0.1',
      '169.254.169.254',
    ],
    ...[
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.1',
      '192.168.1.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...['::', '::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '2001:db8::1'],
    // The same in another form: mapped, compatible, NAT64, 6to4.
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:10.0.0.1',
      '::10.0.0.1',
      '64:ff9b::10.0.0.1',
      '2002:7f00:1::',
    ],
    '::ffff:0:1',
    ...[
      '::ffff:0:127.0.0.1',
      '100::1',
      '2001::1',
      '2002:808:808::',
      '3fff::1',
      '4000::1',
      '5f00::1',
      'fec0::1',
    ],
    ...['64:ff9b:1::1', '64:ff9b::1', '2001:db8::8.8.8.8', 'not an address', ''],
  ];
  expect(special.filter((address) => !isSpecialAddress(address))).toEqual([]);
});

it('takes all others for public', () => {
  const others = [
    ...['1.1.1.1', '8.8.8.8', '93.184.215.14', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1'],
    ...['192.167.1.1', '2606:4700::1111', '2a00:1450:4001::200e', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
  ];
  expect(others.filter(isSpecialAddress)).toEqual([]);
});

it('finds the address in a host', () => {
  const hosts = ['127.0.0.1', '[::1]', 'example.com', 'localhost'];
  expect(hosts.map(addressOf)).toEqual(['127.0.0.1', '::1', undefined, undefined]);
});

it.each([true, false])('looks up no name that stands for a special address, all of them: %s', async (all) => {
  const error = await new Promise((resolve) => checkedLookup('localhost', { all }, resolve));
  expect(error).toBeInstanceOf(SpecialAddressError);
});

it('looks up others as Node does', async () => {
  const found = (all: boolean) =>
    new Promise((resolve) => checkedLookup('8.8.8.8', { all }, (...words) => resolve(words)));
  expect(await found(false)).toEqual([null, '8.8.8.8', 4]);
  expect(await found(true)).toEqual([null, [{ address: '8.8.8.8', family: 4 }]]);
});
