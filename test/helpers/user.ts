/** The user who owns nothing. */
export const nobody = 65_534;

/** Does something without the rights of root, which may read every file; anybody else does it as they are. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
