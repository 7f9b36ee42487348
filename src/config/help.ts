import { ruleTexts } from './contradictions.js';
import { optionList } from './options.js';
import type { Option } from './option.js';

const WIDTH = 100;
const INDENT = 6;

/** The text of `tidemark --help`; every option of the table is in it. */
export function helpText(): string {
  return `Usage: tidemark [verify [--after CURSOR] | --help | --version]

Runs a Tidemark hub in the foreground. SIGTERM and SIGINT stop it gracefully.

  verify         check the log that DATABASE_URL names against its chain of hashes, also beside
                 running hubs, and exit: with 0 where it is whole, with 1 where it is not;
                 --after CURSOR checks only what comes after the cursor

  -h, --help     print this text and exit
  -v, --version  print the version and exit

Options are environment variables; an empty value counts as absent. A wrong value, or two values
that contradict each other, stop the start with exit code 1; an unknown argument with exit code 2.

${optionList.map(([name, option]) => `  ${name}\n${wrapped(sentencesOf(option))}\n`).join('\n')}
Some options must agree with each other:

${ruleTexts((name) => name)
  .map((rule) => wrapped(`- ${rule}.`, 2))
  .join('\n')}
`;
}

function sentencesOf({ about, default: fallback, unit, schema }: Option): string {
  const inUnit = unit === null ? '' : ` ${unit}`;
  const initial = fallback === null ? 'none' : `${fallback}${inUnit}`;
  return `${about}. Default: ${initial}. Allowed: ${schema.description ?? 'any text'}.`;
}

/** Lines of at most `WIDTH` characters, indented; a longer word has a line of its own. */
function wrapped(text: string, indent = INDENT): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (indent + last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}
