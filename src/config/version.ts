import { readFileSync } from 'node:fs';

/** The hub's version: the package's. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
