/** What the demo says while it runs: a bar and lines above it in a terminal, plain lines elsewhere (a pipe, CI). */
import cliProgress from 'cli-progress';
import { count } from './report.js';

export interface Progress {
  /** Prints a line: who, and what they did. The bar, while there is one, stays below it. */
  say(who: string, what: string): void;
  /** So many are done; `note` says where that is. The first call draws the bar. */
  at(done: number, note: string): void;
  /** Leaves the terminal as it was. Safe to call twice; there is no bar from then on. */
  stop(): void;
}

/** @param total what `done` counts up to */
export const startProgress = (total: number): Progress =>
  process.stdout.isTTY ? new Bar(total) : new PlainLines(total);

const NAME_WIDTH = 11;
const line = (who: string, what: string): string => who.padEnd(NAME_WIDTH) + what;

class Bar implements Progress {
  #drawn: { readonly bars: cliProgress.MultiBar; readonly bar: cliProgress.SingleBar } | null = null;
  #stopped = false;

  constructor(readonly total: number) {}

  say(who: string, what: string): void {
    if (this.#drawn && !this.#stopped) this.#drawn.bars.log(`${line(who, what)}\n`);
    else console.log(line(who, what));
  }

  at(done: number, note: string): void {
    if (this.#stopped) return;
    this.#drawn ??= this.#draw();
    this.#drawn.bar.update(done, { note });
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // Lines that wait are printed with the bar's next drawing only.
    this.#drawn?.bars.update();
    this.#drawn?.bars.stop();
  }

  #draw(): { bars: cliProgress.MultiBar; bar: cliProgress.SingleBar } {
    const bars = new cliProgress.MultiBar({
      ...{ stream: process.stdout, hideCursor: true, forceRedraw: true, gracefulExit: false, barsize: 30 },
      ...{ barCompleteChar: '█', barIncompleteChar: '░' },
      format: '{bar}  {value} of {total} reports, {note}',
    });
    return { bars, bar: bars.create(this.total, 0, { note: '' }) };
  }
}

class PlainLines implements Progress {
  #quarters = 0;

  constructor(readonly total: number) {}

  say(who: string, what: string): void {
    console.log(line(who, what));
  }

  at(done: number, note: string): void {
    const quarters = Math.floor((done / this.total) * 4);
    if (quarters <= this.#quarters) return;
    this.#quarters = quarters;
    this.say('networks', `${count(done)} of ${count(this.total)} reports, ${note}`);
  }

  stop(): void {
    // Nothing to clear.
  }
}
