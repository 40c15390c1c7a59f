/** Dice that fall the same way each time: mulberry32, https://github.com/cprosche/mulberry32 (public domain). */
export function createDice(seed: number) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(random() * limit);
  return { random, below, pick: <T>(list: readonly T[]): T => list[below(list.length)] as T };
}

export type Dice = ReturnType<typeof createDice>;
