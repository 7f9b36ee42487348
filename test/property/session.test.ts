import fc from 'fast-check';
import { QUIET, SessionStand, settle, UNAVAILABLE } from '../unit/support/session-stand.js';
import type { Calls } from '../unit/support/session-stand.js';

const WINDOW = 10;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('seek' as const), to: fc.nat(30) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'pause',
        'resume',
        'fill',
        'drain',
        'wake',
        'recheck',
        'rest',
        'lag',
        'answer',
        'fail',
        'settle',
      ),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Drives a session, and checks everything that it sends while it does. */
class Driver {
  readonly stand = new SessionStand({ maxInFlight: WINDOW });
  readonly wrong: string[] = [];
  paused = false;
  /** The position after which the next batch has to go on. */
  reached = 0n;
  batches = 0;

  constructor() {
    const { outlet, session, holding } = this.stand;
    holding.outlooks.auto = () => ({ ...QUIET, waits: this.batches % 2 === 0 });
    outlet.onSend = () => {
      const batch = outlet.sent.at(-1)?.batch;
      if (!batch) return;
      this.batches += 1;
      const positions = batch.changes.map(({ position }) => position);
      const expected = positions.map((_, i) => this.reached + BigInt(i) + 1n);
      if (positions.join() !== expected.join()) this.wrong.push(`${positions.join()} after ${this.reached}`);
      const cursor = batch.cursor.position;
      if (cursor !== this.reached + BigInt(positions.length)) this.wrong.push(`cursor ${cursor}`);
      this.reached = cursor;
      if (positions.length === 0) return;
      if (this.paused) this.wrong.push(`${positions.join()} while it is paused`);
      if (!outlet.hasRoom) this.wrong.push(`${positions.join()} without room`);
      // The batch that is being sent is counted right after this.
      if (session.inFlight + positions.length > WINDOW)
        this.wrong.push(`${positions.join()} beyond the window`);
    };
  }

  get calls(): Calls<unknown>[] {
    const { feed, holding } = this.stand;
    return [feed.pages, feed.reaches, feed.lookups, holding.outlooks, holding.holds, holding.claims];
  }

  async happens(one: Step): Promise<void> {
    const { stand } = this;
    const { outlet, session } = stand;
    if (one.do === 'commit') stand.commit(...Array.from({ length: one.count }, (_, i) => `k${i}`));
    else if (one.do === 'acknowledge') session.acknowledged(session.sent - BigInt(one.back));
    else if (one.do === 'seek') this.#seek(BigInt(one.to) % (stand.feed.head + 1n));
    else if (one.do === 'pause') stand.revise((this.paused = true));
    else if (one.do === 'resume') stand.revise((this.paused = false));
    else if (one.do === 'fill') outlet.hasRoom = false;
    else if (one.do === 'drain') this.#drain();
    // Also call-backs of waits that are over.
    else if (one.do === 'wake') for (const wake of [...outlet.wakes]) wake();
    else if (one.do === 'recheck') session.recheck();
    else if (one.do === 'rest') stand.timers.advance(500);
    else if (one.do === 'lag') for (const calls of this.calls) calls.held = true;
    else if (one.do === 'answer') this.#answer();
    else if (one.do === 'fail')
      this.calls.flatMap(({ waiting }) => waiting.splice(0)).forEach((call) => call.fail(UNAVAILABLE));
    else await settle();
  }

  /** Nothing is in the way any more: what there is must come. */
  async finish(): Promise<void> {
    for (const calls of this.calls) calls.held = false;
    for (let i = 0; i < 200; i += 1) {
      this.#answer();
      if (this.paused) await this.happens({ do: 'resume' });
      this.#drain();
      await settle();
      this.stand.session.acknowledged(this.stand.session.sent);
      this.stand.timers.advance(500);
      await settle();
      if (this.stand.session.state === 'live' && this.reached === this.stand.feed.head) break;
    }
  }

  #seek(to: bigint): void {
    this.stand.seek(to);
    this.paused = false;
    this.reached = to;
  }

  #drain(): void {
    const { outlet } = this.stand;
    if (outlet.hasRoom) return;
    outlet.hasRoom = true;
    outlet.wakes.at(-1)?.();
  }

  #answer(): void {
    for (const calls of this.calls) for (const call of calls.waiting.splice(0)) call.answer(calls.auto());
  }
}

describe('a session, whatever happens to it', () => {
  it('sends every change once, in order, within its window, and nothing while it may not', async () => {
    let sent = 0;
    let seeks = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const driver = new Driver();
        const { stand } = driver;
        stand.session.run();
        for (const one of steps) {
          await driver.happens(one);
          if (one.do === 'seek') seeks += 1;
        }
        await driver.finish();
        expect({ wrong: driver.wrong, state: stand.session.state, reached: driver.reached }).toEqual({
          wrong: [],
          state: 'live',
          reached: stand.feed.head,
        });
        expect([stand.defects, stand.endings]).toEqual([[], []]);
        sent += stand.outlet.sent.reduce((sum, { batch }) => sum + batch.changes.length, 0);
        stand.session.end(null);
        await settle();
        expect([stand.joined - stand.left, stand.pendingTimers]).toEqual([0, 0]);
        stand.lanes.close();
      }),
      { numRuns: 500 },
    );
    expect(sent).toBeGreaterThan(1_000);
    expect(seeks).toBeGreaterThan(50);
  });
});
