import type { Consumers } from '../ack/ack.js';
import { PAGE_BYTES } from '../log/log.js';
import type { Log } from '../log/log.js';
import { bytesOf, Change } from '../model/change.js';
import type { ConsumerState } from '../model/consumer.js';
import { BEGINNING } from '../model/cursor.js';
import type { Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import { badInput, HubError } from '../model/errors.js';
import { EVERYTHING } from '../model/filter.js';
import type { EntityRef, NodeRef } from '../model/ids.js';
import { MAX_PAGE } from '../model/page.js';
import type { Retry } from '../retry/retry.js';
import type { View, VisibleChange, VisibleDeadLetter, VisibleEntity } from '../view/view.js';

/** What an id names, as one caller sees it. Conflicts are not stored, so none is found. */
export type FoundNode = VisibleChange | VisibleEntity | VisibleDeadLetter | ConsumerState;

/** Where nodes are read from. */
export interface NodeRooms {
  readonly log: Log;
  readonly consumers: Consumers;
  readonly retry: Retry;
}

/**
 * What ids name, in the order of the ids: null for a text that is no id of this hub, for what is not there, and for what the
 * caller does not see; these three are answered alike. Reads one statement a type of node, and more only where rows exceed
 * PAGE_BYTES.
 * @throws HubError BAD_USER_INPUT for more than 1,000 ids; PAYLOAD_TOO_LARGE where the answer would hold more than PAGE_BYTES of
 *   what is stored, unless it holds one node only
 */
export async function readNodes(
  rooms: NodeRooms,
  view: View,
  ids: readonly string[],
): Promise<(FoundNode | null)[]> {
  if (ids.length > MAX_PAGE) throw badInput('ids', `has ${ids.length} ids; ${MAX_PAGE} are allowed`);
  const reading = new NodeReading(rooms, view, ids);
  await reading.run();
  return ids.map((id) => reading.found.get(id) ?? null);
}

/** One look-up of nodes. An object has one id, so the id of a row that was read tells whether it was asked for. */
class NodeReading {
  readonly found = new Map<string, FoundNode>();
  /** How often each id was asked for. */
  readonly #asked = new Map<string, number>();
  #nodes = 0;
  #bytes = 0;

  constructor(
    readonly rooms: NodeRooms,
    readonly view: View,
    ids: readonly string[],
  ) {
    for (const id of ids) this.#asked.set(id, (this.#asked.get(id) ?? 0) + 1);
  }

  async run(): Promise<void> {
    const { log, consumers, retry } = this.rooms;
    const refs = [...this.#asked.keys()].flatMap((id) => log.ids.decode(id) ?? []);
    const letters = ofType(refs, 'DeadLetter');
    const rejections = letters.length === 0 ? [] : await retry.those(letters);
    // Also of letters that are not there: what was read must not tell them from those that the caller does not see.
    const positions = [...ofType(refs, 'Change'), ...letters].map(({ position }) => position);
    await this.#readChanges([...new Set(positions)], rejections);
    await this.#readEntities(ofType(refs, 'Entity'));
    const named = ofType(refs, 'Consumer').map(({ consumer }) => ({ id: consumer }));
    if (named.length === 0) return;
    for (const consumer of await consumers.those(named))
      this.#add(log.ids.consumer(consumer.id), consumer, 0);
  }

  /** What the caller sees of changes, and of the rejections of them. */
  async #readChanges(positions: readonly Position[], rejections: readonly Rejection[]): Promise<void> {
    const { log } = this.rooms;
    const { filter, any } = this.view.lens(EVERYTHING).rows;
    const limit = positions.length + 1;
    const of = new Map<Position, Rejection[]>();
    for (const one of rejections) of.set(one.position, [...(of.get(one.position) ?? []), one]);
    let after: Position | null = positions.length === 0 ? null : BEGINNING;
    while (after !== null) {
      const { rows, whole } = await log.changes({ after, positions, filter, any, limit });
      for (const row of rows) this.#addChange(new Change(row), of.get(row.position) ?? []);
      after = whole ? null : (rows.at(-1)?.position ?? null);
    }
  }

  #addChange(change: Change, rejections: readonly Rejection[]): void {
    const { ids } = this.rooms.log;
    const bytes = bytesOf(change.row);
    this.#add(ids.change(change.row), this.view.change(change), bytes);
    const letterOf = this.view.deadLetter(change);
    for (const rejection of rejections) {
      const size = bytes + Buffer.byteLength(rejection.reason);
      this.#add(ids.deadLetter(rejection), letterOf?.(rejection) ?? null, size);
    }
  }

  async #readEntities(refs: readonly EntityRef[]): Promise<void> {
    const { log } = this.rooms;
    const keys = refs.map(({ collection, key }) => ({ collection, key }));
    let rest = keys.filter(({ collection }) => this.view.entityConditions(collection, []) !== null);
    while (rest.length > 0) {
      const { rows, whole } = await log.entitiesAt(rest);
      for (const { entity, bytes } of rows)
        this.#add(log.ids.entity(entity), this.view.entity(entity), bytes);
      const read = new Set(rows.map(({ entity }) => log.ids.entity(entity)));
      rest = whole ? [] : rest.filter((key) => !read.has(log.ids.entity(key)));
    }
  }

  /** Only what the caller sees counts: whether an answer is too large tells nothing of the rest. */
  #add(id: string, node: FoundNode | null, bytes: number): void {
    const times = this.#asked.get(id) ?? 0;
    if (node === null || times === 0) return;
    this.#nodes += times;
    this.#bytes += times * bytes;
    if (this.#nodes > 1 && this.#bytes > PAGE_BYTES) throw tooLarge();
    this.found.set(id, node);
  }
}

const ofType = <T extends NodeRef['type']>(
  refs: readonly NodeRef[],
  type: T,
): Extract<NodeRef, { type: T }>[] =>
  refs.filter((ref): ref is Extract<NodeRef, { type: T }> => ref.type === type);

const tooLarge = (): HubError =>
  new HubError(
    'PAYLOAD_TOO_LARGE',
    `ids: name objects of more than ${PAGE_BYTES} bytes together; ask for fewer at once.`,
    { path: 'ids', limit: PAGE_BYTES },
  );
