import { OPTIONS } from './options.js';
import type { OptionName } from './options.js';

/** Two options of which each is allowed and the pair is not. */
interface Rule {
  readonly smaller: OptionName;
  readonly larger: OptionName;
  /** What the hub would do otherwise, as a clause that follows "otherwise". */
  readonly otherwise: string;
}

/** Every pair of options that can contradict each other. */
export const RULES: readonly Rule[] = [
  {
    smaller: 'PING_MS',
    larger: 'SOCKET_STALLED_MS',
    otherwise: 'sockets whose clients read everything are closed',
  },
];

/**
 * Finds the first pair of options that contradict each other.
 * @param values of all options, by name
 * @returns one sentence that names both options and says what to do; null where there is no such pair
 */
export function contradictionIn(values: Readonly<Record<OptionName, unknown>>): string | null {
  for (const { smaller, larger, otherwise } of RULES) {
    const [low, high] = [Number(values[smaller]), Number(values[larger])];
    if (low < high) continue;
    return (
      `${smaller} (${shown(smaller, low)}) must be less than ${larger} (${shown(larger, high)}), ` +
      `otherwise ${otherwise}; lower ${smaller} or raise ${larger}.`
    );
  }
  return null;
}

/** The rules as sentences without a full stop; `name` formats the name of an option. */
export const ruleTexts = (name: (option: OptionName) => string): readonly string[] =>
  RULES.map(
    ({ smaller, larger, otherwise }) =>
      `${name(smaller)} must be less than ${name(larger)}, otherwise ${otherwise}`,
  );

const shown = (name: OptionName, value: number): string =>
  value === OPTIONS[name].default ? `${value}, its default` : String(value);
