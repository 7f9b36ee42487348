/**
 * Starts a hub with a planted bug: `TIDEMARK_PLANT='[{"file","find","put"}]' node --import …/register.mjs dist/main.js`.
 * Every text must stand exactly once in its file, or the hub does not start: a plant that does not take must not look like
 * one that nobody noticed.
 */
import { register } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { planted } from './edit.mjs';

const edits = JSON.parse(process.env.TIDEMARK_PLANT ?? '[]').map((edit) => ({
  ...edit,
  url: new URL(edit.file, pathToFileURL(process.argv[1] ?? '')).href,
}));

for (const url of new Set(edits.map((edit) => edit.url))) {
  planted(readFileSync(new URL(url), 'utf8'), url, edits);
}
register('./hooks.mjs', import.meta.url, { data: edits });
