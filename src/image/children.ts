/** The processes that work for this program, each by the function that ends it and resolves once it has ended. */
export const children = new Set<() => Promise<unknown>>();

/** Ends the processes that work for this program, so that none outlives it. */
export async function endChildren(): Promise<void> {
  await Promise.all([...children].map((end) => end()));
}
