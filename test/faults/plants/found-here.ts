/** Bugs that this hub had, or nearly had, and that were found by reading before the bench could see them. */
import { ACKNOWLEDGEMENT_COUNTS } from './plant.js';
import type { Edit, Plant } from './plant.js';

/** A network that takes its time: what is sent fills the socket for a while, whatever the system's own buffers hold. */
const SLOW_SOCKET: readonly Edit[] = [
  {
    file: 'server/socket.js',
    find: 'return this.socket.bufferedAmount;',
    put: 'return this.socket.bufferedAmount + (this.unsent ?? 0);',
  },
  {
    file: 'server/socket.js',
    find: 'this.#liveness.wrote(data.length);',
    put: `this.#liveness.wrote(data.length);
            this.unsent = (this.unsent ?? 0) + data.length;
            setTimeout(() => { this.unsent -= data.length; this.#written(); }, 100);`,
  },
];

export const foundHere: readonly Plant[] = [
  {
    name: 'B25',
    what: 'A snapshot leaves out an entity whose newest change fails operations or changedFields, though where holds on it.',
    copies: 'ours (F1)',
    kinds: [],
    caughtBy: ['skipped', 'never delivered', 'copy equals state'],
    minutes: 0.3,
    edits: [
      {
        file: 'log/snapshot.js',
        find: "this.filterSql.ofSelection(selection, 'snapshot', parameters)",
        put: "this.filterSql.ofSelection(selection, 'log', parameters)",
      },
    ],
  },
  {
    name: 'B25b',
    what: 'A snapshot passes over an entity that has changed since it was taken.',
    copies: 'ours (F1)',
    kinds: [],
    caughtBy: ['skipped', 'never delivered'],
    minutes: 0.3,
    edits: [
      {
        file: 'log/snapshot.js',
        find: '`(${NEWEST_SQL} = position or ${NEWEST_SQL} > ${parameters.add(until)})`',
        put: '`${NEWEST_SQL} = position`',
      },
    ],
  },
  {
    name: 'B26',
    what: 'A session is told apart by its number and seeks alone, which a consumer that is made again counts from the start.',
    copies: 'ours (F2)',
    kinds: [],
    caughtBy: [
      'session used again',
      'deleted session heard',
      'session outlived its consumer',
      'stale session',
    ],
    minutes: 0.4,
    edits: [
      {
        file: 'ack/session-id.js',
        find: 'a.id === b.id && a.epoch === b.epoch && a.seeks === b.seeks',
        put: 'a.epoch === b.epoch && a.seeks === b.seeks',
      },
      {
        file: 'ack/session-id.js',
        find: 'a.id === b.id && a.epoch === b.epoch;',
        put: 'a.epoch === b.epoch;',
      },
      { file: 'ack/session-id.js', find: '`${id}.${epoch}.${seeks}`', put: '`0.${epoch}.${seeks}`' },
      {
        file: 'ack/consumer-store.js',
        find: ACKNOWLEDGEMENT_COUNTS,
        put: ACKNOWLEDGEMENT_COUNTS.replace('l.id = o.id and ', ''),
      },
    ],
  },
  {
    name: 'B27',
    what: 'A session that rests in its lane goes on reading when an old wake-up of its socket reaches it.',
    copies: 'ours (F4)',
    kinds: ['slow client link', 'stall client link'],
    caughtBy: ['out of order', 'past the window', 'skipped'],
    minutes: 0.5,
    edits: [
      ...SLOW_SOCKET,
      {
        file: 'deliver/session-states.js',
        find: "live: { ...IDLE, news: 'next', behind: 'next' },",
        put: "live: { ...IDLE, news: 'next', behind: 'next', woken: 'next' },",
      },
      {
        file: 'deliver/session.js',
        find: "waiting(this.options, () => this.#happened('room'));",
        put: `waiting(this.options, () => {
                this.#happened('room');
                for (const ms of [100, 300, 1_000])
                    setTimeout(() => this.#state.kind === 'live' && this.#happened('woken'), ms);
            });`,
      },
    ],
  },
  {
    name: 'B28',
    what: 'Changes that an announcement of version 1 carries are taken without the log where they follow its end.',
    copies: 'ours (F5)',
    kinds: ['forge hints', 'repeat hints'],
    caughtBy: ['one position, one change', 'out of order', 'not drained', 'hub ended by itself'],
    minutes: 0.3,
    edits: [
      {
        file: 'signal/announcement.js',
        find: 'if (v !== WIRE_VERSION ||',
        put: 'if ((v !== WIRE_VERSION && v !== 1) ||',
      },
      {
        file: 'signal/announcement.js',
        find: "return { kind: 'appended', to: BigInt(announcement.to) };",
        put: `return { kind: 'appended', to: BigInt(announcement.to), rows: (announcement.rows ?? []).map((row) =>
                ({ ...row, position: BigInt(row.position), previous: row.previous === null ? null : BigInt(row.previous) })) };`,
      },
      {
        file: 'feed/feed.js',
        find: 'this.#hinted = true;',
        put: `if (announcement.rows?.length > 0 && announcement.rows[0].position === this.head + 1n && this.#filling === null)
            return this.#advance(announcement.rows.map((row) => new Change(row)));
        this.#hinted = true;`,
      },
    ],
  },
  {
    name: 'B29',
    what: 'A discard or a redrive takes away the mark that no session has heard of the rejection.',
    copies: 'ours (F6)',
    kinds: [],
    caughtBy: ['neither here nor there', 'wrong dead letter'],
    // A session at another hub hears of the rejection before the discard where there is one.
    redis: false,
    minutes: 0.4,
    edits: [
      {
        file: 'retry/statements.js',
        find: "discard: `update rejection set state = 'SETTLED' where",
        put: "discard: `update rejection set state = 'SETTLED', unheard = false where",
      },
      {
        file: 'retry/statements.js',
        find: "redrive: `update rejection set state = 'WAITING',",
        put: "redrive: `update rejection set unheard = false, state = 'WAITING',",
      },
    ],
  },
  {
    name: 'B30',
    what: 'A redrive is answered before the session, at another hub, must have heard of it.',
    copies: 'ours (F9)',
    kinds: [],
    caughtBy: ['redrive overtaken'],
    redis: false,
    minutes: 0.5,
    edits: [
      {
        file: 'retry/retry.js',
        find: 'action: yield* consumers.record(name) };',
        put: 'action: null };',
      },
    ],
  },
  {
    name: 'B31',
    what: "An attempt's cursor settles the change of its place for whichever consumer it is sent.",
    copies: 'ours (F10)',
    kinds: [],
    caughtBy: ['foreign cursor taken'],
    minutes: 0.5,
    edits: [
      {
        file: 'retry/own.js',
        find: 'if (attempt && attempt.consumer !== consumer.id)',
        put: 'if (false)',
      },
      // Tickets are then told apart by the change and its attempts alone, as those of two consumers may be.
      {
        file: 'retry/reject.js',
        find: 'const { id, revision, seeks } = consumer;',
        put: 'const { id, seeks } = consumer; const revision = BigInt(attempts);',
      },
    ],
  },
];
