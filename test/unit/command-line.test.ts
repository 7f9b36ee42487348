import {
  flag,
  listOf,
  number,
  oneOf,
  readArguments,
  text,
  usage,
  UsageError,
} from '../support/command-line.js';

const SCRIPT = {
  command: 'npm run x --',
  about: 'Does x.',
  options: {
    count: number('how many', 3),
    minutes: number('how long', 0.5, { least: 0, fractions: true }),
    kind: oneOf(['a', 'b'], 'which', 'a'),
    only: listOf(['one', 'two words'], 'which of them'),
    file: text('file', 'where to'),
    all: flag('all of them'),
  },
  rest: { name: 'databases', allowed: ['sqlite', 'postgres'] },
};

const DEFAULTS = { count: 3, minutes: 0.5, kind: 'a', only: null, file: null, all: false };

describe('the arguments of a script', () => {
  it.each([
    [[], {}, []],
    [['--count', '7', '--all', 'sqlite'], { count: 7, all: true }, ['sqlite']],
    [['--count=7', '--minutes', '0'], { count: 7, minutes: 0 }, []],
    [['sqlite', '--kind', 'b', 'postgres'], { kind: 'b' }, ['sqlite', 'postgres']],
    [['--only', ' two words, one', '--file', 'a b'], { only: ['two words', 'one'], file: 'a b' }, []],
    [['--only', ''], { only: [] }, []],
  ])('%j are read', (args, values, rest) => {
    expect(readArguments(SCRIPT, args)).toEqual({ values: { ...DEFAULTS, ...values }, rest });
  });

  it.each([
    [['--conut', '7'], /unknown option --conut; the options are --count, --minutes, .*--all, --help\.$/],
    [['-x'], /unknown option -x; the options are --count/],
    [['--constructor'], /unknown option --constructor;/],
    [['mysql'], /unknown argument "mysql"; known are databases sqlite, postgres, --count,/],
    [['--count'], /--count needs a value <whole number>, not none; see --help\.$/],
    [['--count', ''], /--count needs a value <whole number>, not ""; see --help\.$/],
    [['--count', 'x'], /--count needs a value <whole number>, not "x"; see --help\.$/],
    [['--count', '0'], /not "0"; see --help\.$/],
    [['--count', '1.5'], /not "1\.5"; see --help\.$/],
    [['--count', '--all'], /not "--all"; see --help\.$/],
    [['--minutes', 'Infinity'], /--minutes needs a value <number>, not "Infinity"; see --help\.$/],
    [['--kind', 'c'], /--kind needs a value <a\|b>, not "c"; see --help\.$/],
    [['--only', 'one,three'], /--only needs a value <names>, not "one,three"; see --help\.$/],
    [['--all=yes'], /--all takes no value\.$/],
  ])('%j are refused by one sentence', (args, says) => {
    const read = (): unknown => readArguments(SCRIPT, args);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(/^npm run x --: [^\n]*$/);
    expect(read).toThrow(says);
  });

  it('may ask for help, which has every option', () => {
    expect(readArguments(SCRIPT, ['--count', '7', '--help'])).toBeNull();
    expect(readArguments(SCRIPT, ['-h'])).toBeNull();
    const help = usage(SCRIPT);
    expect(help).toContain('Usage: npm run x -- [options] [sqlite|postgres …]\n\nDoes x.\n');
    expect(help).toMatch(/ {2}--count <whole number> +how many \(default 3\)\n/);
    expect(help).toMatch(/ {2}--all +all of them\n/);
  });

  it('are none but options where the script takes none', () => {
    const read = (): unknown => readArguments({ ...SCRIPT, rest: null }, ['sqlite']);
    expect(read).toThrow(/unknown argument "sqlite"; known are --count,/);
  });
});
