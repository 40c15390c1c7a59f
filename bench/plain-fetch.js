// What a sensible person writes first: the image as one string, and fetch. Only there to be measured against.
import { readFile } from 'node:fs/promises';

const [path = '', prompt = ''] = process.argv.slice(2);
const { GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: baseUrl } = process.env;

const data = (await readFile(path)).toString('base64');
const response = await fetch(`${baseUrl}/v1beta/models/gemini-2.5-flash:generateContent?key=${key}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    contents: [{ parts: [{ text: prompt }, { inline_data: { mime_type: 'image/jpeg', data } }] }],
  }),
});
if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);

/** @type {{ candidates: { content: { parts: { text: string }[] } }[] }} */
const reply = JSON.parse(await response.text());
console.log(reply.candidates[0]?.content.parts.map(({ text }) => text).join(''));
