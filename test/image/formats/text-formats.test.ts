import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { closeLookBytes } from '../../../src/image/formats/fast-sniff.ts';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { eachRow } from '../../helpers/rows.ts';

const nameOf = (bytes: Uint8Array | string) =>
  recognise(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)?.name;
const svg = readFileSync(fixture('images/plain.svg'), 'utf8');

describe('an SVG drawing', () => {
  it('is known in any encoding', () => {
    const texts: readonly (readonly [encoding: string, bytes: Buffer])[] = [
      ['UTF-16, little-endian', Buffer.from(svg, 'utf16le')],
      ['UTF-16, little-endian, marked', Buffer.from(`\ufeff${svg}`, 'utf16le')],
      ['UTF-16, big-endian', Buffer.from(svg, 'utf16le').swap16()],
      ['UTF-16, big-endian, marked', Buffer.from(`\ufeff${svg}`, 'utf16le').swap16()],
      ['UTF-8, marked', Buffer.from(`\ufeff\n${svg}`)],
      ['Latin-1', Buffer.from(`<!-- Café, déjà vu -->${svg}`, 'latin1')],
      ['Cyrillic in one byte each', Buffer.from(`<!-- ${'ÐÒÉ×ÅÔ'.repeat(600)} -->${svg}`, 'latin1')],
    ];
    for (const [encoding, bytes] of texts) expect(nameOf(bytes), encoding).toBe('an SVG drawing');
  });

  it('is known by its root element', () => {
    const texts = [
      '<?xml version="1.0"?><?xml-stylesheet href="a.css"?><!-- <html> --><svg/>',
      '<!DOCTYPE svg [<!ENTITY a "]>"> <!ENTITY b "<b>">]><svg/>',
      '<ns0:svg xmlns:ns0="http://www.w3.org/2000/svg"/>',
      '<SVG width="1">',
      '\n\n  <svg\n  width="1"/>',
    ];
    for (const text of texts) expect(nameOf(text), text).toBe('an SVG drawing');
  });

  it('is known behind pages of comments', () => {
    const pages = `<!-- ${'licence '.repeat(2000)} -->`;
    for (const start of ['', '<?xml version="1.0"?>'])
      expect(nameOf(`${start}${pages}${svg}`)).toBe('an SVG drawing');
  });

  it('is known by its document type where comments fill the head', () => {
    const long = `<!-- ${'licence '.repeat(10_000)} -->`;
    expect(nameOf(`<!DOCTYPE svg>${long}${svg}`)).toBe('an SVG drawing');
    expect(nameOf(`<?xml version="1.0"?>${long}${svg}`)).toBe('an XML document');
  });
});

it('names text by how it begins', () => {
  const texts: readonly (readonly [text: string, name: string])[] = [
    ['<!doctype html><svg></svg>', 'a web page'],
    ['<!-- saved --><html><svg></svg>', 'a web page'],
    ['<h1>404 Not Found</h1>', 'a web page'],
    ['<Error><Code>AccessDenied</Code></Error>', 'an XML document'],
    ['<?xml version="1.0"?>', 'an XML document'],
    ['<DRAFT!> a text', 'text'],
    ['{"error":{"code":404}}', 'JSON text'],
    ['[\n  {"a": 1}\n]', 'JSON text'],
    ['{}', 'JSON text'],
    ['[1] See the references.', 'text'],
    ['{curly} prose', 'text'],
    ['[InternetShortcut]\r\nURL=https://example.com/\r\n', 'a shortcut'],
    ['[Desktop Entry]\nType=Link\n', 'a shortcut'],
    ['Grüße aus dem Süden', 'text'],
  ];
  expect(texts.map(([text]) => [text, nameOf(text)])).toEqual(texts);
});

it('knows text in Latin-1, and leaves open what is hardly ASCII', () => {
  expect(nameOf(Buffer.from('Grüße aus dem Süden', 'latin1'))).toBe('text');
  expect(nameOf(Buffer.from('ÐÒÉ×ÅÔ ÍÉÒ', 'latin1'))).toBeUndefined();
});

describe('an image as base64', () => {
  it('is named, whatever it is', () =>
    eachRow(
      [
        ['rgb.png', 'a PNG image', 'picture.png'],
        ['jfif.jpg', 'a JPEG image', 'picture.jpeg'],
        ['lossy.webp', 'a WebP image', 'picture.webp'],
        ['photo.heic', 'a HEIC image', 'picture.heic'],
      ],
      ([file, name, picture]) => {
        const encoded = readFileSync(fixture(`images/${file}`)).toString('base64');
        const wrapped = encoded.replace(/.{76}/g, '$&\n');
        for (const text of [encoded, wrapped]) {
          expect(recognise(Buffer.from(text))).toMatchObject({
            mimeType: 'text/plain',
            name: `the base64 text of ${name}`,
            sendable: false,
            conversion: `base64 -d < {in} > ${picture}`,
          });
        }
        expect(recognise(Buffer.from(`data:image/png;base64,${encoded}\n`))).toMatchObject({
          name: `the base64 text of ${name}`,
          conversion: `cut -d, -f2 {in} | base64 -d > ${picture}`,
        });
      },
    ));

  it('is named in a data URL whatever its kind', () => {
    const encoded = readFileSync(fixture('images/still.gif')).toString('base64');
    expect(nameOf(`data:image/gif;base64,${encoded}`)).toBe('the base64 text of a GIF image');
  });

  it('is not seen in other text', () => {
    const png = readFileSync(fixture('images/rgb.png')).toString('base64');
    const texts = [
      '/world/pictures/of/the/summer/and/the/sea',
      'A'.repeat(400),
      'data:image/png;base64,',
      'data:,x',
    ];
    for (const text of [...texts, `data:text/plain,${png}`, `${png}!`, `${png.slice(0, 30)}`, `${png}===`])
      expect(nameOf(text), text).toBe('text');
  });
});

describe('a head full of one thing', () => {
  const units = [
    '<!--',
    ' ',
    '<?a?>',
    '<?',
    '{"',
    '[',
    'data:',
    ';base64,',
    '\n',
    '\r\n',
    '=',
    'A',
    '\n=',
    '_width',
    '* ',
    ' #\n',
  ];
  const starts = ['', '{', '<!doctype a[', 'P6 ', '/*', '#define ', 'data:', 'A'.repeat(32)];
  const ends = ['', '!', '=!'];
  const heads = starts.flatMap((start) => units.flatMap((unit) => ends.map((end) => ({ start, unit, end }))));
  const headOf = ({ start, unit, end }: (typeof heads)[number], length: number) =>
    Buffer.from(start + unit.repeat((length - start.length - end.length) / unit.length) + end);

  it('takes time in proportion to its length', () => {
    const leastMs = (bytes: Buffer) =>
      Math.min(
        ...[1, 2, 3].map(() => {
          const begin = performance.now();
          recognise(bytes);
          return performance.now() - begin;
        }),
      );
    // Four times the length takes four times as long; sixteen times were square time. What is too short is not measured.
    const slow = heads.find((head) => {
      const [short, long] = [leastMs(headOf(head, 1024)), leastMs(headOf(head, 4096))];
      return long > 5 && long > 8 * short;
    });
    expect(slow).toBeUndefined();
  });

  it('is recognised, or is not', () => {
    for (const head of heads) expect(() => recognise(headOf(head, closeLookBytes))).not.toThrow();
  });
});
