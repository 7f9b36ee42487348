/**
 * Bugs that comparable systems had, as changes of the built hub: the bench must find each. They show that the checker sees
 * what it says it sees, with the same sources, consumers and faults as in every other run.
 */
import { foundHere } from './found-here.js';
import { ACKNOWLEDGEMENT_COUNTS } from './plant.js';
import type { Edit, Plant } from './plant.js';

/** No faults: sources and consumers are trouble enough. */
const QUIET: readonly string[] = [];
const APPEND = 'log/postgres-append.js';
const ACKNOWLEDGER = 'ack/acknowledger.js';
const ACKNOWLEDGE = 'const consumer = await this.#writer.acknowledge({ name, position, hash, fence });';

/** A disk that takes its time: what happens around a commit is more likely to happen in the middle of one. */
const SLOW_DISK: Edit = {
  file: APPEND,
  find: "await connection.query('commit');\n        }\n        catch (error) {",
  put: "await new Promise((resolve) => setTimeout(resolve, 40)); await connection.query('commit');\n } catch (error) {",
};

const copied: readonly Plant[] = [
  {
    name: 'B1',
    what: 'Positions are reserved before the commit, and readers go to the highest that they see.',
    copies: 'marten#4977',
    kinds: QUIET,
    caughtBy: ['skipped', 'never delivered'],
    edits: [
      {
        file: APPEND,
        find: 'await this.database.run(connection, APPEND, appendParameters(part, effects));',
        put: `await connection.query('update log_head set position = ' + effects.head + ' where one = 1');
          await connection.query('commit');
          if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 30));
          await connection.query('begin');
          await this.database.run(connection, APPEND.replace('set position = $29', 'set position = greatest(position, $29)'),
            appendParameters(part, effects));`,
      },
      {
        file: 'feed/feed.js',
        find: 'throw new Error(`The log holds nothing at ${this.head + 1n}, though its end is ${target}.`);',
        put: '{ this.#target = this.head; this.#actionsTarget = this.#actions; return; }',
      },
      // Positions may have holes then: the tail takes what is there.
      {
        file: 'feed/tail.js',
        find: "throw new Error(`Change ${change.row.position} does not follow the tail's end at ${this.head}.`);",
        put: `if (change.row.position <= this.head) continue;
    this.#changes.drop(this.#changes.length); this.#bytes = 0;`,
      },
    ],
  },
  {
    name: 'B2',
    what: 'An acknowledgement moves the cursor to what was sent last.',
    copies: 'KurrentDB#1301',
    kinds: QUIET,
    caughtBy: ['cursor ran ahead', 'resumed too late'],
    edits: [
      {
        file: ACKNOWLEDGER,
        find: ACKNOWLEDGE,
        put: `const live = this.sessions.of(name); const consumer = await this.#writer.acknowledge({
          name, fence, hash, position: live && live.sent > position ? live.sent : position });`,
      },
    ],
  },
  {
    name: 'B3',
    what: 'Acknowledgements are not fenced: a session that was taken over still moves the cursor.',
    copies: 'kafkajs#1046',
    kinds: QUIET,
    caughtBy: ['stale session'],
    edits: [
      { file: ACKNOWLEDGER, find: 'if (fence && !sameSession(fence, consumer))', put: 'if (false)' },
      { file: 'ack/consumer-store.js', find: ACKNOWLEDGEMENT_COUNTS, put: "'true'" },
    ],
  },
  {
    name: 'B4',
    what: "A session's number is the clock of its hub.",
    copies: 'stroom#5772',
    kinds: ['jump hub clock'],
    caughtBy: ['one live session', 'stale session', 'refused for nothing', 'not drained'],
    minutes: 0.5,
    edits: [
      {
        file: 'ack/consumer-store.js',
        find: 'update consumer set epoch = epoch + 1,',
        put: 'update consumer set epoch = ${Date.now()},',
      },
    ],
  },
  {
    name: 'B5',
    what: 'What a hint names is read and handed on, whether it joins on or not.',
    copies: 'ours',
    kinds: ['drop hints', 'repeat hints', 'cut redis link', 'kill Redis'],
    caughtBy: ['skipped', 'out of order', 'never delivered'],
    minutes: 0.35,
    edits: [
      {
        file: 'hub.js',
        find: "signal.announce({ kind: 'appended', to });",
        put: "signal.announce({ kind: 'appended', from: changes[0].row.position, to });",
      },
      {
        file: 'signal/announcement.js',
        find: "return { kind: 'appended', to: BigInt(announcement.to) };",
        put: "return { kind: 'appended', from: BigInt(announcement.from ?? 0), to: BigInt(announcement.to) };",
      },
      {
        file: 'feed/feed.js',
        find: 'this.#hinted = true;',
        put: `this.#hinted = true;
        if (announcement.from > this.head + 1n && this.#filling === null) this.tail.jump(announcement.from - 1n);`,
      },
      {
        file: 'feed/tail.js',
        find: 'after(position, limit) {',
        put: `jump(position) { this.#changes.drop(this.#changes.length); this.#bytes = 0; this.head = position; }
    after(position, limit) {`,
      },
    ],
  },
  {
    name: 'B6',
    what: 'No poll: a hub waits for hints only.',
    copies: 'bullmq#4729',
    kinds: ['drop hints'],
    caughtBy: ['not drained', 'never delivered'],
    minutes: 0.25,
    edits: [
      {
        file: 'feed/feed.js',
        find: 'async poll() {',
        put: 'async poll() { return; }\n    async pollNever() {',
      },
      // An action that somebody records later would make the hub read what no hint told.
      {
        file: 'feed/feed.js',
        find: 'this.#hinted = true;',
        put: "if (announcement.kind !== 'appended') return;\n        this.#hinted = true;",
      },
    ],
  },
  {
    name: 'B7',
    what: 'A session resumes with the change at its cursor instead of the one behind it.',
    copies: 'debezium#7531',
    kinds: QUIET,
    caughtBy: ['resumed too early', 'out of order'],
    edits: [
      {
        file: 'feed/playback.js',
        find: 'this.position = start.position;',
        put: 'this.position = start.position > 0n ? start.position - 1n : 0n;',
      },
    ],
  },
  {
    name: 'B8',
    what: 'After a snapshot a subscription goes live with what comes from then on.',
    copies: 'cdk#1023',
    kinds: QUIET,
    caughtBy: ['skipped', 'copy equals state', 'never delivered'],
    edits: [
      {
        file: 'feed/playback.js',
        find: 'const page = await this.#page(limit);',
        // A snapshot that takes its time, so that something is written meanwhile.
        put: `if (this.start.snapshotUntil !== null && this.position < this.start.snapshotUntil)
            await new Promise((resolve) => setTimeout(resolve, 200));
          const page = await this.#page(limit);`,
      },
      {
        file: 'feed/playback.js',
        find: 'if (page.through.position > this.position)\n            this.position = page.through.position;',
        put: `const { snapshotUntil } = this.start;
          const over = snapshotUntil !== null && this.position < snapshotUntil && page.through.position >= snapshotUntil;
          if (over && this.source.tail.head > page.through.position) page.through = this.source.tail.end;
          this.position = page.through.position;`,
      },
    ],
  },
  {
    name: 'B9',
    what: 'What a full window has no room for is dropped.',
    copies: 'hasura#10860',
    kinds: QUIET,
    caughtBy: ['skipped', 'never delivered'],
    edits: [
      { file: 'deliver/lanes.js', find: 'member.fellBehind(before);', put: 'member.fellBehind(cursor);' },
    ],
  },
  {
    name: 'B10',
    what: 'Writing the dead letter fails, nobody hears of it, and the change counts as settled.',
    copies: 'protean#1263',
    kinds: QUIET,
    caughtBy: ['wrong dead letter', 'neither here nor there'],
    minutes: 0.4,
    edits: [
      {
        file: 'retry/reject.js',
        find: "const state = dead ? 'DEAD' : 'WAITING';",
        put: "const state = dead ? 'SETTLED' : 'WAITING';",
      },
    ],
  },
  {
    name: 'B11',
    what: 'Settling a change that came again writes its position to the cursor.',
    copies: 'KurrentDB#1890',
    kinds: QUIET,
    caughtBy: ['cursor went back', 'resumed too early', 'acknowledgement lost', 'cursor ran ahead'],
    edits: [
      {
        file: 'retry/retry.js',
        find: 'yield { sql: sql.settle, parameters: [id, position] };',
        put: `yield { sql: sql.settle, parameters: [id, position] };
            yield { sql: 'update consumer set position = $2 where id = $1', parameters: [id, position] };`,
      },
    ],
  },
  {
    name: 'B12',
    what: 'A late acknowledgement of one attempt settles the next.',
    copies: 'relay#1098',
    kinds: QUIET,
    caughtBy: ['neither here nor there'],
    minutes: 0.4,
    edits: [
      {
        file: 'retry/retry.js',
        find: "rejection?.state === 'WAITING' && rejection.ticket === attempt?.ticket",
        put: "rejection?.state === 'WAITING'",
      },
    ],
  },
  {
    name: 'B14',
    what: 'A publish is answered before its commit.',
    copies: 'nats-server#7564',
    kinds: ['kill hub', 'cut database link', 'terminate database connections', 'kill database'],
    caughtBy: ['lost publish', 'altered publish', 'one id, one record'],
    edits: [
      SLOW_DISK,
      {
        file: 'publish/publish.js',
        find: 'return { changes: plan.rows, value: { outcomes, changes: plan.changes } };',
        put: `const head = view.head + BigInt(plan.rows.length);
            new Promise((resolve) => setImmediate(resolve)).then(() => group.forEach((one, i) => answer(one, outcomes[i], head)));
            return { changes: plan.rows, value: { outcomes, changes: plan.changes } };`,
      },
    ],
  },
  {
    name: 'B14b',
    what: 'A commit does not wait for the disk (as SQLite with synchronous=NORMAL).',
    copies: 'nats-server#7564',
    kinds: ['kill database', 'stop database at once'],
    caughtBy: [
      'lost publish',
      'one log',
      'one position, one change',
      'cursor ran ahead',
      'positions without gaps',
    ],
    minutes: 0.4,
    edits: [
      {
        file: 'platform/postgres-options.js',
        find: ' -c search_path=',
        put: ' -c synchronous_commit=off -c search_path=',
      },
    ],
  },
  {
    name: 'B15',
    what: 'An id counts as recorded when its change is planned, and still does when the append fails.',
    copies: 'nats-server#6415',
    kinds: ['cut database link', 'terminate database connections', 'kill database', 'refuse database link'],
    caughtBy: ['lost publish', 'one id, one record', 'altered publish'],
    minutes: 0.5,
    edits: [
      SLOW_DISK,
      {
        file: 'publish/plan.js',
        find: 'return row && new Change(row);',
        put: 'return row ? new Change(row) : globalThis.planned?.get(pairKey(source, sourceId));',
      },
      {
        file: 'publish/plan.js',
        find: 'this.changes.push(recorded);',
        put: `this.changes.push(recorded);
        (globalThis.planned ??= new Map()).set(pairKey(row.source, row.sourceId), recorded);`,
      },
    ],
  },
  {
    name: 'B16',
    what: 'A cursor that moved over filtered changes counts as acknowledged, though a change before it is open.',
    copies: 'KurrentDB#5497',
    kinds: QUIET,
    caughtBy: ['cursor ran ahead', 'resumed too late'],
    edits: [
      {
        file: 'deliver/deliver.js',
        find: 'onDefect: onError,',
        put: `onDefect: onError,
            telemetry: { delivered: (changes) => {
              telemetry.delivered(changes);
              if (changes === 0) consumers.acknowledge(consumer?.name ?? '', session.sent, null).catch(() => 0);
            } },`,
      },
    ],
  },
  {
    name: 'B17',
    what: 'A cursor goes through a JSON number.',
    copies: 'convex#306',
    kinds: QUIET,
    begin: 2n ** 53n - 100n,
    caughtBy: [
      'positions without gaps',
      'out of order',
      'skipped',
      'lost publish',
      'one position, one change',
    ],
    edits: [
      {
        file: 'model/cursor.js',
        find: 'const hex = position.toString(16);',
        put: 'const hex = Number(position).toString(16);',
      },
    ],
  },
  {
    name: 'B18',
    what: 'After a reconnect a consumer gets what comes from then on. (The original is a client; here the hub does it.)',
    copies: 'solar#551',
    kinds: QUIET,
    caughtBy: ['resumed too late', 'never delivered'],
    edits: [
      {
        file: 'deliver/deliver.js',
        find: "await feed.startPoint({ at: 'CURSOR', after: { position: begun.position, mark: null } }, 'consumer');",
        put: 'if (begun.epoch > 1n) Object.assign(begun, feed.tail.end);',
      },
    ],
  },
  {
    name: 'B22',
    what: 'State and end of the log are committed before the changes themselves.',
    copies: 'mono#6283',
    kinds: ['kill hub', 'cut database link'],
    caughtBy: [
      'positions without gaps',
      'one log',
      'not drained',
      'lost publish',
      'version chain',
      'before and after',
    ],
    edits: [
      {
        file: APPEND,
        find: 'await this.database.run(connection, APPEND, appendParameters(part, effects));',
        put: `const parameters = appendParameters(part, effects);
          await this.database.run(connection, APPEND.replace('$14::bigint[])),', '$14::bigint[]) where false),'), parameters);
          await connection.query('commit');
          await new Promise((resolve) => setTimeout(resolve, 40));
          await connection.query('begin');
          const insert = APPEND.slice(APPEND.indexOf('insert into change'), APPEND.indexOf('),\\n  newest'));
          await this.database.run(connection, insert, parameters.slice(0, 14));`,
      },
    ],
  },
  {
    name: 'B24',
    what: 'Acknowledgements are answered before they are written, and a stop does not write them.',
    copies: 'kafkajs#751',
    kinds: ['restart hub', 'kill hub'],
    caughtBy: ['resumed too early', 'cursor went back', 'acknowledgement lost'],
    edits: [
      {
        file: ACKNOWLEDGER,
        find: ACKNOWLEDGE,
        put: `const found = await this.store.find(name);
        const consumer = found && position > found.position ? { ...found, position } : found;
        setTimeout(() => this.#writer.acknowledge({ name, position, hash, fence }).catch(() => undefined), 300);`,
      },
    ],
  },
];

export const plants: readonly Plant[] = [...copied, ...foundHere];
