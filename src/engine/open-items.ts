/** Items that are pulled one at a time, until there are no more or no more are wanted. */
export interface OpenItems<Item> {
  /** No item comes any more: they are at their end, threw, or were closed. */
  readonly isOver: boolean;
  /** The next item, or undefined where there is none. Throws what the items throw; not to be called before the last is there. */
  next(): Promise<{ readonly item: Item } | undefined>;
  /**
   * Wants no more: a pull under way comes to nothing at once, and the iterator hears of it, if it is not at its end. Resolves
   * when it has closed; not so while it is being pulled, as it may then be waiting for somebody to type.
   */
  close(): Promise<void>;
}

/** Opens items of either kind of iterator. */
export function openItems<Item>(items: Iterable<Item> | AsyncIterable<Item>): OpenItems<Item> {
  const iterator = iteratorOf(items);
  let isOver = false;
  let giveUp: (() => void) | undefined;
  let closing: Promise<void> | undefined;

  return {
    get isOver() {
      return isOver;
    },
    next,
    close,
  };

  async function next(): Promise<{ readonly item: Item } | undefined> {
    try {
      const pulled = await pull();
      if (!pulled.done) return { item: pulled.value };
    } catch (error) {
      isOver = true;
      throw error;
    }
    isOver = true;
    return undefined;
  }

  function pull(): Promise<IteratorResult<Item, unknown>> {
    return new Promise((resolve, reject) => {
      giveUp = () => resolve({ done: true, value: undefined });
      // Async, so that a throw is a rejection.
      const ask = async () => iterator.next();
      ask()
        .finally(() => {
          giveUp = undefined;
        })
        .then(resolve, reject);
    });
  }

  async function close(): Promise<void> {
    if (isOver) return closing;
    isOver = true;
    const isPulling = giveUp !== undefined;
    giveUp?.();
    const closed = askToClose();
    closing = isPulling ? undefined : closed;
    return closing;
  }

  /** What goes wrong here is no longer anybody's matter. */
  async function askToClose(): Promise<void> {
    try {
      await iterator.return?.();
    } catch {
      return;
    }
  }
}

function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncIterator<Item> | Iterator<Item> {
  const async = (items as Partial<AsyncIterable<Item>>)[Symbol.asyncIterator]?.();
  return async ?? (items as Iterable<Item>)[Symbol.iterator]();
}
