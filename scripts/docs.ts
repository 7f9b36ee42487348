/**
 * Writes the options in docs/configuration.md, between their markers, from src/config: the table, and which options must
 * agree.
 *
 *   npm run docs         writes it
 *   npm run docs:check   changes nothing; ends with exit code 1 where the file is stale
 *
 * A file may be given as last argument, in place of docs/configuration.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ruleTexts } from '../src/config/contradictions.js';
import { optionList } from '../src/config/options.js';

const DOCUMENT = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));
const BEGIN = '<!-- options: written by `npm run docs` from src/config; do not edit -->';
const END = '<!-- end of options -->';

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(): string {
  const rows = optionList.map(([name, { about, default: fallback, unit, schema }]) => [
    code(name),
    fallback === null ? '' : code(String(fallback)),
    unit ?? '',
    schema.description ?? '',
    about,
  ]);
  const head = ['variable', 'default', 'unit', 'allowed', 'meaning'];
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

const rules = (): string =>
  ['Some options must agree with each other:', '', ...ruleTexts(code).map((rule) => `- ${rule}.`)].join('\n');

/** @throws Error where the markers are missing */
async function withOptions(document: string): Promise<string> {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the markers are missing: ${BEGIN} … ${END}`);
  const text = `${document.slice(0, begin)}${BEGIN}\n\n${table()}\n\n${rules()}\n\n${document.slice(end)}`;
  return format(text, { ...(await resolveConfig(DOCUMENT)), parser: 'markdown' });
}

const args = process.argv.slice(2);
const file = args.find((arg) => arg !== '--check') ?? DOCUMENT;
const present = await readFile(file, 'utf8');
const fresh = await withOptions(present);
if (!args.includes('--check')) {
  if (fresh !== present) await writeFile(file, fresh);
} else if (fresh !== present) {
  process.stderr.write(`${file} is stale; run npm run docs and commit it.\n`);
  process.exitCode = 1;
}
