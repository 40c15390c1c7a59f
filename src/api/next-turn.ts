/**
 * Resolves once signals, timers and other requests had their turn: what reads megabytes in one go keeps them waiting, and one
 * such reading should not follow another at once.
 */
export function nextTurn(): Promise<void> {
  // The first one ends the turn that is under way, before it looks for what came from outside.
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
