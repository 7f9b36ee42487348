import { Lanes } from '../../src/deliver/lanes.js';
import type { LaneKind, LaneMember } from '../../src/deliver/lanes.js';
import type { Message } from '../../src/deliver/deliver.js';
import type { Change } from '../../src/model/change.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import type { Batch } from '../../src/view/view.js';
import { View } from '../../src/view/view.js';
import { changeAt, pointAt } from '../contract/support/parts.js';
import { FakeTimers } from '../support/fake-timers.js';
import { SessionStand } from './support/session-stand.js';

/** A member that remembers what it got, as `cursor:changes`. */
class Member implements LaneMember {
  sent = 0n;
  room = Number.POSITIVE_INFINITY;
  /** Whether changes may have to be held. */
  mayHold = false;
  readonly got: string[] = [];
  readonly texts: string[] = [];
  readonly behind: bigint[] = [];
  leave: () => void = () => undefined;

  hasRoomFor(changes: number): boolean {
    return changes <= this.room;
  }

  takes(changes: number): boolean {
    return this.hasRoomFor(changes) && !this.mayHold;
  }

  send(message: Message): void {
    const { cursor, changes } = message.batch;
    this.sent = cursor.position;
    this.room -= changes.length;
    this.got.push(`${cursor.position}:${changes.map(({ position }) => position).join(' ')}`);
    this.texts.push(message.textFor('s'));
  }

  fellBehind(position: bigint): void {
    this.behind.push(position);
    this.leave();
  }
}

describe('a lane', () => {
  let timers: FakeTimers;
  let lanes: Lanes;
  let head: bigint;
  let rendered: Batch[];

  beforeEach(() => {
    timers = new FakeTimers();
    head = 0n;
    rendered = [];
    lanes = new Lanes(() => pointAt(head), timers);
  });
  afterEach(() => {
    lanes.close();
    expect(timers.pending).toBe(0);
  });

  const kindOf = (filter: ChangeFilter = {}, parts: Partial<LaneKind> = {}): LaneKind => ({
    key: JSON.stringify(filter),
    lens: View.of().lens(filter),
    batchSize: 2,
    render: (batch) => {
      rendered.push(batch);
      return `batch ${batch.cursor.position} for ${batch.session}`;
    },
    named: true,
    ...parts,
  });

  function join(kind: LaneKind, room = Number.POSITIVE_INFINITY): Member {
    const member = new Member();
    member.room = room;
    member.leave = lanes.join(member, kind);
    return member;
  }

  /** Commits changes of these keys, in one group. */
  function commit(...keys: string[]): void {
    const changes: Change[] = keys.map((key, i) => changeAt(head + BigInt(i) + 1n, { key }));
    head += BigInt(keys.length);
    lanes.advance(changes);
  }

  it('sends a group in parts, the last of which ends at the head', () => {
    const member = join(kindOf({ keys: ['k'] }));
    commit('k', 'other', 'k', 'k', 'other');
    expect(member.got).toEqual(['3:1 3', '5:4']);
    commit('other');
    expect(member.got).toHaveLength(2);
    commit('k');
    expect(member.got.slice(2)).toEqual(['7:7']);
  });

  it('prints a part once for all members, each with its own session', () => {
    const members = [join(kindOf()), join(kindOf()), join(kindOf())];
    commit('a', 'b', 'c');
    expect(rendered).toHaveLength(2);
    for (const { texts } of members) expect(texts).toEqual(['batch 2 for s', 'batch 3 for s']);
    join(kindOf({ keys: ['d'] }));
    commit('d');
    expect(rendered).toHaveLength(4);
  });

  it.each<[string, number, string[], bigint]>([
    ['the first part', 0, [], 0n],
    ['the first part, though it has some room', 1, [], 0n],
    ['a later part', 2, ['3:1 3'], 3n],
    ['the last part', 4, ['3:1 3', '6:4 6'], 6n],
  ])('loses a member that cannot take %s, with what it has', (_what, room, got, behind) => {
    const kind = kindOf({ keys: ['k'] });
    const [stuck, other] = [join(kind, room), join(kind)];
    commit('k', 'other', 'k', 'k', 'other', 'k', 'k', 'other');
    expect([stuck.got, stuck.behind]).toEqual([got, [behind]]);
    expect(other.got).toEqual(['3:1 3', '6:4 6', '8:7']);
    commit('k');
    expect([stuck.got, stuck.behind]).toEqual([got, [behind]]);
    expect(other.got.at(-1)).toBe('9:9');
  });

  it('loses a member in a later group with everything before that group', () => {
    const member = join(kindOf(), 2);
    commit('a', 'b');
    commit('c');
    expect([member.got, member.behind]).toEqual([['2:1 2'], [2n]]);
  });

  it('loses a member whose changes may have to be held', () => {
    const member = join(kindOf());
    member.mayHold = true;
    commit('a');
    expect([member.got, member.behind]).toEqual([[], [0n]]);
  });

  it('moves cursors over what its filter leaves out, where there is room, once a second', () => {
    const kind = kindOf({ keys: ['k'] });
    const [member, full] = [join(kind), join(kind)];
    commit('k', 'other');
    commit('other');
    full.room = -1;
    timers.advance(1_000);
    expect([member.got, full.got]).toEqual([['2:1', '3:'], ['2:1']]);
    timers.advance(5_000);
    expect(member.got).toHaveLength(2);
    full.room = 0;
    timers.advance(1_000);
    expect(full.got).toEqual(['2:1', '3:']);
  });

  it('costs nothing where no collection of its filter changed, and nothing when the last member left', () => {
    const kind = kindOf({ collections: ['airports'] });
    const see = jest.spyOn(kind.lens, 'see');
    const member = join(kind);
    commit('a');
    expect(see).not.toHaveBeenCalled();
    lanes.advance([changeAt((head += 1n), { collection: 'airports' })]);
    expect(member.got).toEqual(['2:2']);
    const calls = see.mock.calls.length;
    member.leave();
    member.leave();
    lanes.advance([changeAt((head += 1n), { collection: 'airports' })]);
    expect(see.mock.calls.length).toBe(calls);
    const again = join(kind);
    lanes.advance([changeAt((head += 1n), { collection: 'airports' })]);
    expect(again.got).toEqual(['4:4']);
  });
});

describe('a lane whose batches cannot be printed', () => {
  it('loses each of its members with an error, and no other lane loses any', async () => {
    const failing = (): string => {
      throw new Error('a render that throws');
    };
    const stands = [await SessionStand.running(), await SessionStand.running(), await SessionStand.running()];
    const [first, second, well] = stands as [SessionStand, SessionStand, SessionStand];
    const lanes = new Lanes(() => pointAt(2n), first.timers);
    const kind = { lens: View.of().lens({}), batchSize: 3, named: true };
    for (const { outlet } of [first, second]) outlet.printing = true;
    const leaves = [first, second].map(({ session }) =>
      lanes.join(session, { ...kind, key: 'failing', render: failing }),
    );
    well.outlet.printing = true;
    lanes.join(well.session, { ...kind, key: 'well', render: () => 'text' });
    lanes.advance([changeAt(1n), changeAt(2n)]);
    for (const leave of leaves) leave();
    for (const { session, defects, endings } of [first, second]) {
      expect(session.state).toBe('ended');
      expect(defects).toEqual([expect.objectContaining({ message: 'a render that throws' })]);
      expect(endings).toEqual([expect.objectContaining({ code: 'LOG_UNAVAILABLE' })]);
    }
    expect([well.session.state, well.outlet.log]).toEqual(['live', ['0:', '2:1 2']]);
    lanes.close();
  });
});
