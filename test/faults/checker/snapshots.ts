/**
 * Which changes a consumer gets by a snapshot.
 *
 * A snapshot that is taken when the log's end is S delivers, for every entity that is live as of S, its newest change up to
 * S, also where the entity changes later; changes after S follow the ordinary rule. The hub does not report S. It lies between
 * the least end that the log can have had when the snapshot was requested and the furthest when its first batch arrived, and
 * it is one number for all sessions of the snapshot. The checker tries every S in that range and takes those with the fewest
 * deviations; what deviates from all of them is a violation.
 *
 * Life: the time between two moments at which a consumer was put at a start: created, created again, or sought elsewhere.
 */
import type { BatchEntry, StartAt } from '../history.js';
import type { Consumer, Stretch } from './consumers.js';
import { scopeInSnapshot } from './filter.js';
import type { Scope } from './filter.js';
import type { Model } from './model.js';

interface Life {
  readonly isSnapshot: boolean;
  /** The moments between which it began. */
  readonly from: number;
  readonly to: number;
  /** The life before is surely over by then. */
  readonly over: number;
  /** Between these the log's end was when it began. */
  readonly least: number;
  readonly most: number;
  /** The ends of its snapshot that explain most; null: it has none, or no session is surely of this life. */
  untils: readonly number[] | null;
}

/** What a consumer may get of one change: scopes, null among them where it need not come. */
export type Allowed = readonly (Scope | null)[];

/** Changes that a session may leave out for another reason. */
export type MayWait = (place: number, batch: BatchEntry) => boolean;

export class Snapshots {
  readonly #lives: readonly Life[];
  readonly #ofStretch = new Map<Stretch, Life[]>();
  /** By place - 1. */
  readonly #scopes: readonly (Scope | null)[];

  constructor(
    readonly model: Model,
    readonly consumer: Consumer,
    mayWait: MayWait,
  ) {
    this.#lives = livesOf(model, consumer);
    const isAny = this.#lives.some(({ isSnapshot }) => isSnapshot);
    this.#scopes = isAny ? model.log.map((change) => scopeInSnapshot(consumer.filter, change)) : [];
    for (const life of this.#lives) {
      if (life.isSnapshot) life.untils = this.#explain(life, mayWait);
    }
  }

  /** What a session must and may get: one scope where that is known, else all that are possible. */
  allowed(stretch: Stretch, place: number): Allowed {
    const lives = this.#livesOf(stretch);
    const [life] = lives;
    if (lives.length === 1 && life) return this.#inLife(life, place);
    return [
      ...new Set(lives.flatMap((one) => [...this.#inLife(one, place), ...(one.isSnapshot ? [null] : [])])),
    ];
  }

  /** Whether no snapshot that a consumer can ever have been given brings this change. */
  neverBrings(place: number): boolean {
    return !this.#lives.some(
      ({ isSnapshot, most }) => isSnapshot && place <= most && this.#scopes[place - 1],
    );
  }

  /** Whether a session is surely of the consumer as it is at the end; null: that is not known of the newest one. */
  get last(): ((stretch: Stretch) => boolean) | null {
    const { stretches, seeks } = this.consumer;
    // A seek alone takes nothing away from what came before it.
    if (!this.#lives.some(({ isSnapshot }) => isSnapshot) && !seeks.some(({ isRemake }) => isRemake))
      return () => true;
    const newest = stretches.at(-1);
    const lives = newest ? this.#livesOf(newest) : [];
    const [life] = lives;
    return life && lives.length === 1 ? (stretch) => this.#livesOf(stretch).includes(life) : null;
  }

  #inLife(life: Life, place: number): Allowed {
    const ordinary = this.consumer.scopes[place - 1] ?? null;
    if (!life.isSnapshot || place > life.most) return [ordinary];
    if (life.untils !== null) return [...new Set(life.untils.map((until) => this.#scopeAt(until, place)))];
    return [...new Set([ordinary, this.#scopes[place - 1] ?? null, null])];
  }

  #scopeAt(until: number, place: number): Scope | null {
    if (place > until) return this.consumer.scopes[place - 1] ?? null;
    const next = this.model.nextOfEntity(place);
    const isNewest = next === null || next > until;
    return isNewest && this.model.at(place)?.after ? (this.#scopes[place - 1] ?? null) : null;
  }

  /** Lives that a session can be of. */
  #livesOf(stretch: Stretch): Life[] {
    let lives = this.#ofStretch.get(stretch);
    if (!lives) {
      const { connection, first } = stretch;
      const begun = this.#lives.filter(({ from }) => from <= first.at);
      const isOver = (i: number): boolean =>
        begun.slice(i + 1).some(({ over }) => over <= connection.subscribe.at);
      lives = begun.filter((_life, i) => !isOver(i));
      this.#ofStretch.set(stretch, lives);
    }
    return lives;
  }

  #explain(life: Life, mayWait: MayWait): number[] | null {
    const { model } = this;
    const sure = this.consumer.stretches.filter((stretch) => {
      const lives = this.#livesOf(stretch);
      return lives.length === 1 && lives[0] === life;
    });
    if (sure.length === 0) return null;
    const walks = sure.map((stretch) => walkOf(model, stretch, life.most, mayWait));
    let best: number[] = [];
    let fewest = Infinity;
    for (let until = life.least; until <= life.most; until += 1) {
      let wrong = 0;
      for (const { places, came } of walks) {
        for (const place of places) {
          if ((came.get(place) ?? null) !== this.#scopeAt(until, place)) wrong += 1;
        }
      }
      if (wrong < fewest) [best, fewest] = [[], wrong];
      if (wrong === fewest) best.push(until);
    }
    return best;
  }
}

/** Places that a session passed, up to one, and what came of them. */
function walkOf(
  model: Model,
  { batches, first }: Stretch,
  most: number,
  mayWait: MayWait,
): { places: readonly number[]; came: ReadonlyMap<number, Scope> } {
  const came = new Map<number, Scope>();
  const places: number[] = [];
  let reached = model.place(first.cursor) ?? 0;
  for (const batch of batches) {
    for (const change of batch.changes) came.set(model.place(change.cursor) ?? 0, change.scope);
    const cursor = Math.min(model.place(batch.cursor) ?? 0, most);
    for (let place = reached + 1; place <= cursor; place += 1) {
      if (came.has(place) || !mayWait(place, batch)) places.push(place);
    }
    reached = Math.max(reached, cursor);
  }
  return { places, came };
}

function livesOf(model: Model, consumer: Consumer): Life[] {
  const { firstSubscribe, stretches, creates } = consumer;
  const firstBatchAfter = (moment: number): number =>
    stretches.find(({ connection }) => connection.subscribe.at >= moment)?.first.at ?? model.final.at;
  const life = (
    startAt: StartAt | undefined,
    [from, over]: [number, number],
    asked: number,
    to: number,
  ): Life => ({
    isSnapshot: startAt === 'SNAPSHOT',
    from,
    over,
    to,
    least: model.endAtLeast(asked),
    most: model.endAtMost(Math.min(to, model.final.at)),
    untils: null,
  });
  const [made] = creates;
  const begun = made && made.at <= (firstSubscribe?.at ?? Infinity) ? made : null;
  const to = begun?.outcome.kind === 'ok' ? begun.at : (stretches[0]?.first.at ?? model.final.at);
  const beginning = begun?.invokedAt ?? firstSubscribe?.at ?? 0;
  return [
    life(firstSubscribe?.startAt, [-Infinity, -Infinity], beginning, to),
    ...consumer.seeks.map((seek) =>
      life(
        seek.to,
        [seek.invokedAt, seek.at],
        seek.askedAt ?? seek.invokedAt,
        seek.isOpen ? firstBatchAfter(seek.at) : seek.at,
      ),
    ),
  ];
}
