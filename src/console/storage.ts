import type { GraphiQLProps } from 'graphiql';

type PlaygroundStorage = NonNullable<GraphiQLProps['storage']>;

/** Other tools on the same host and port (every GraphiQL on localhost:4000) keep their tabs under other names. */
const NAMESPACE = 'tidemark:';

/**
 * Where the playground keeps its tabs and settings: the browser's storage, or the page's memory where the browser
 * refuses (cookies blocked, a sandboxed frame). GraphiQL's own default reads `localStorage` unguarded and would leave
 * an empty page there.
 */
export function openStorage(): PlaygroundStorage {
  const kept = browserStorage();
  return kept ? namespaced(kept) : inMemory();
}

/** The mere mention of `localStorage` throws in a browser that has it disabled. */
function browserStorage(): Storage | undefined {
  try {
    const storage = window.localStorage;
    storage.getItem(NAMESPACE);
    return storage;
  } catch {
    return undefined;
  }
}

function namespaced(storage: Storage): PlaygroundStorage {
  const ownKeys = () => Object.keys(storage).filter((key) => key.startsWith(NAMESPACE));
  return {
    getItem: (key) => storage.getItem(NAMESPACE + key),
    setItem: (key, value) => storage.setItem(NAMESPACE + key, value),
    removeItem: (key) => storage.removeItem(NAMESPACE + key),
    clear: () => ownKeys().forEach((key) => storage.removeItem(key)),
    get length() {
      return ownKeys().length;
    },
  };
}

function inMemory(): PlaygroundStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    get length() {
      return items.size;
    },
  };
}
