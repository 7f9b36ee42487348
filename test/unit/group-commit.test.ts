import { GroupCommit } from '../../src/platform/platform.js';
import { eventually } from '../support/wait.js';

/** A group commit whose writes end when the test says so. */
class Stage {
  readonly groups: number[][] = [];
  readonly commits: GroupCommit<number>;
  readonly #ends: (() => void)[] = [];

  constructor(
    take?: (waiting: Iterable<number>) => number,
    settles = (group: readonly number[]) => group.length,
  ) {
    this.commits = new GroupCommit<number>({
      ...(take ? { take } : {}),
      write: async (group) => {
        this.groups.push([...group]);
        await new Promise<void>((resolve) => this.#ends.push(resolve));
        return settles(group);
      },
    });
  }

  add(...items: number[]): void {
    for (const item of items) this.commits.add(item);
  }

  /** Ends the write under way, once there is one. */
  async end(): Promise<void> {
    await eventually(() => this.#ends.length > 0, { what: 'a write to begin' });
    this.#ends.shift()?.();
  }
}

describe('group commit', () => {
  it('writes what arrives while a write is under way as the next group', async () => {
    const stage = new Stage();
    stage.add(1, 2);
    await eventually(() => stage.groups.length === 1, { what: 'the first write' });
    stage.add(3);
    stage.add(4);
    expect(stage.commits.oldest).toBe(1);
    await stage.end();
    await stage.end();
    await stage.commits.settled();
    expect(stage.groups).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(stage.commits.oldest).toBeUndefined();
    stage.add(5);
    await stage.end();
    await stage.commits.settled();
    expect(stage.groups.at(-1)).toEqual([5]);
  });

  it('takes as many as a group may hold, at least one, and begins the next with what was not settled', async () => {
    const takes = [3, 0, 9];
    const stage = new Stage(
      () => takes.shift() ?? 9,
      (group) => Math.min(2, group.length),
    );
    stage.add(1, 2, 3, 4, 5);
    for (let i = 0; i < 3; i += 1) await stage.end();
    await stage.commits.settled();
    expect(stage.groups).toEqual([[1, 2, 3], [3], [4, 5]]);
  });
});
