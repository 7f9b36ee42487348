import fc from 'fast-check';
import type { ConsumerRecord } from '../../src/ack/ack.js';
import { tell } from '../../src/ack/live-session.js';
import { HeldSession } from '../contract/support/consumers.js';
import { RECORD } from './support/session-stand.js';

const record = (parts: Partial<ConsumerRecord> = {}): ConsumerRecord => ({
  ...RECORD,
  ...{ epoch: 3n, seeks: 1n, revision: 5n, position: 10n, sent: 10n, head: 100n, lag: 90 },
  ...parts,
});

describe('what a session is told of its consumer', () => {
  it.each<[string, Partial<ConsumerRecord>, string[]]>([
    ['nothing new', {}, ['acknowledged 10']],
    ['it was acknowledged', { position: 20n }, ['acknowledged 20']],
    ['it was paused', { revision: 6n, paused: true }, ['revised 6', 'acknowledged 10']],
    ['something else was done', { revision: 9n }, ['revised 9', 'acknowledged 10']],
    ['it was sought', { seeks: 2n, revision: 6n, position: 4n }, ['sought 4', 'revised 6', 'acknowledged 4']],
    ['an older revision', { revision: 4n, paused: true, position: 30n }, ['acknowledged 30']],
    ['a state from before it was sought', { seeks: 0n, revision: 9n, position: 30n, paused: true }, []],
    ['an older session', { epoch: 2n, seeks: 9n, revision: 9n, position: 30n }, []],
    ['an older consumer of its name', { id: 6n, epoch: 9n, seeks: 9n, revision: 9n, position: 30n }, []],
    ['a newer session', { epoch: 4n }, ['CONSUMER_TAKEN_OVER']],
    ['a newer consumer of its name', { id: 8n, epoch: 1n, seeks: 0n, revision: 0n }, ['CONSUMER_DELETED']],
    ['a newer consumer with the same count of sessions', { id: 8n }, ['CONSUMER_DELETED']],
  ])('is: %s', (_what, parts, told) => {
    const session = new HeldSession(record());
    tell(session, record(parts));
    expect(session.told).toEqual(told);
  });

  it('comes to the same in whichever order records arrive, and however often', () => {
    const step = fc.constantFrom('acknowledge', 'pause', 'resume', 'seek', 'reject');
    const history = fc.array(step, { maxLength: 12 }).map((steps) => {
      let now = record({ position: 0n });
      return [
        now,
        ...steps.map((one) => {
          const revision = now.revision + 1n;
          if (one === 'acknowledge') now = { ...now, position: now.position + 1n };
          else if (one === 'pause') now = { ...now, revision, paused: true };
          else if (one === 'resume') now = { ...now, revision, paused: false };
          else if (one === 'seek') now = { ...now, revision, seeks: now.seeks + 1n, position: 0n };
          else now = { ...now, revision };
          return now;
        }),
      ];
    });
    const arriving = history.chain((records) =>
      fc.tuple(
        fc.constant(records.at(-1) ?? record()),
        fc.array(fc.constantFrom(...records), { maxLength: 20 }),
        fc.nat(20),
      ),
    );
    fc.assert(
      fc.property(arriving, ([newest, some, at]) => {
        const session = new HeldSession(record({ position: 0n }));
        const told = [...some.slice(0, at), newest, ...some.slice(at)];
        for (const one of told) tell(session, one);
        const { seeks, revision, paused } = session;
        expect({ seeks, revision, paused }).toEqual({
          seeks: newest.seeks,
          revision: newest.revision,
          paused: newest.paused,
        });
        const since = session.told.slice(session.told.findLastIndex((one) => one.startsWith('sought')) + 1);
        const positions = since
          .filter((one) => one.startsWith('ack'))
          .map((one) => Number(one.split(' ')[1]));
        expect(Math.max(...positions)).toBe(Number(newest.position));
        expect(session.ended).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });
});
