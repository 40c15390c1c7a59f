export interface InOrderOptions<Result> {
  /** At most so many items are worked on at once, but for those that made room; whole, 1 or more. */
  readonly concurrency: number;
  /** At most so many items are pulled and not yet yielded: the bound of memory; whole, 1 or more. */
  readonly lookAhead: number;
  /** How much memory a result takes while it waits for its turn, in any unit; nothing unless given. */
  readonly weigh?: ((result: Result) => number) | undefined;
  /** Once the results that wait weigh this much, no more items are pulled; no bound unless given. */
  readonly maxWaiting?: number | undefined;
  /** Raised: no more items are pulled, those in work are finished and yielded, and that is a normal end. */
  readonly stop?: AbortSignal | undefined;
}

type Outcome<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'failure'; readonly error: unknown }
  | { readonly kind: 'end' };

/**
 * Works on many items at once and yields their results in the order of the items, also while the consumer is busy. Where
 * `work` or `items` throws, no more is pulled, the results of all work that was started are yielded, and the error is thrown
 * then, the first in order. Where the consumer leaves, work that was started is waited for, so that nothing goes on behind
 * its back, and its results and errors are dropped.
 *
 * @param work may make room for another item before it is over, where it no longer needs what there is little of
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item, index: number, makeRoom: () => void) => Promise<Result>,
  options: InOrderOptions<Result>,
): AsyncGenerator<Result, void, void> {
  const { concurrency, lookAhead, weigh = () => 0, maxWaiting = Number.POSITIVE_INFINITY, stop } = options;
  const source = openItems(items);
  /** In the order of the items; they never reject. */
  const outcomes: Promise<Outcome<Result>>[] = [];
  let pulled = 0;
  let yielded = 0;
  let active = 0;
  let waiting = 0;
  let isPulling = false;

  const pullNoMore = () => void source.close();
  stop?.addEventListener('abort', pullNoMore, { once: true });
  if (stop?.aborted) pullNoMore();
  try {
    pullNext();
    let failure: Extract<Outcome<Result>, { readonly kind: 'failure' }> | undefined;
    for (let next = outcomes.shift(); next !== undefined; next = outcomes.shift()) {
      const outcome = await next;
      if (outcome.kind === 'end') break;
      if (outcome.kind === 'failure') {
        failure ??= outcome;
        continue;
      }
      yielded += 1;
      waiting -= weigh(outcome.result);
      pullNext();
      yield outcome.result;
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    stop?.removeEventListener('abort', pullNoMore);
    await source.close();
    await Promise.all(outcomes);
  }

  /** Called whenever something made room; what is pulled has a place, so it is worked on at once. */
  function pullNext(): void {
    const hasRoom = active < concurrency && pulled - yielded < lookAhead && waiting < maxWaiting;
    if (!hasRoom || isPulling || source.isOver) return;
    outcomes.push(pullAndWork(pulled));
    pulled += 1;
  }

  async function pullAndWork(index: number): Promise<Outcome<Result>> {
    try {
      isPulling = true;
      const next = await source.next();
      isPulling = false;
      // Closed since, when the item came in the very moment of the stop.
      if (next === undefined || source.isOver) return { kind: 'end' };
      return { kind: 'result', result: await workOn(next.item, index) };
    } catch (error) {
      pullNoMore();
      return { kind: 'failure', error };
    }
  }

  async function workOn(item: Item, index: number): Promise<Result> {
    let takesRoom = true;
    const makeRoom = () => {
      if (!takesRoom) return;
      takesRoom = false;
      active -= 1;
      pullNext();
    };
    active += 1;
    pullNext();
    try {
      const result = await work(item, index, makeRoom);
      waiting += weigh(result);
      return result;
    } finally {
      makeRoom();
    }
  }
}

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
