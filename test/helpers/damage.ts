import type { Dice } from './dice.ts';

/** Numbers that programs stumble over: none, all ones, signs, sizes that cannot be. */
const odd = [[0], [0xff], [0x7f], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 1]];

/** Makes up to so many numbers odd, most of them near the start, where formats keep what they say of themselves. */
export function makeOdd(bytes: Buffer, most: number, more: readonly number[], dice: Dice): void {
  for (let count = dice.below(most); count > 0; count -= 1) {
    const at = dice.below(Math.min(bytes.length, dice.pick([32, 256, 4096])));
    const numbers = dice.pick([...odd, more]);
    bytes.set(numbers.slice(0, bytes.length - at), at);
  }
}
