/** Rolls the declarations of each way in up into one file: the second half of `npm run build`. */
import { rmSync } from 'node:fs';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

for (const [name, input] of [
  ['index', 'dist/types/index.d.ts'],
  ['emulator', 'dist/types/emulator/index.d.ts'],
]) {
  const bundle = await rollup({ input, plugins: [dts()], external: /^node:/ });
  await bundle.write({ file: `dist/${name}.d.ts`, format: 'es' });
  await bundle.close();
}
rmSync('dist/types', { recursive: true });
