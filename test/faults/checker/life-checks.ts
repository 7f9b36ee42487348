/** Session ids, and sessions whose consumer is deleted. */
import type { AcknowledgeEntry, DeleteEntry } from '../history.js';
import type { Connection, Consumer } from './consumers.js';
import type { Verdict } from './invariants.js';
import type { Model } from './model.js';
import { quietAfter } from './quiet.js';

export function checkLives(model: Model, consumer: Consumer, verdict: Verdict): void {
  checkIds(consumer, verdict);
  for (const deletion of consumer.deletes.filter(({ outcome }) => outcome.kind === 'ok')) {
    const lived = consumer.connections.filter(
      ({ batches, ended }) =>
        (batches[0]?.at ?? Infinity) < deletion.invokedAt && (ended?.at ?? Infinity) > deletion.at,
    );
    for (const connection of lived) checkEnd(model, consumer, connection, deletion, verdict);
  }
  for (const entry of consumer.acknowledges) checkLate(consumer, entry, verdict);
}

/** A session id names one session, over the whole history, whatever happened to the consumer. */
function checkIds(consumer: Consumer, verdict: Verdict): void {
  const seen = new Map<string, number>();
  for (const { session, connection, first } of consumer.stretches) {
    const other = seen.get(session);
    const { connection: own } = connection.subscribe;
    if (other !== undefined) {
      const sentence = `${consumer.name}: session ${session} of connection ${own} was one of connection ${other} before.`;
      verdict.add('session used again', first.at, sentence);
    }
    seen.set(session, own);
  }
}

/** A session that was live when its consumer was deleted ends with CONSUMER_DELETED. */
function checkEnd(
  model: Model,
  consumer: Consumer,
  connection: Connection,
  deletion: DeleteEntry,
  verdict: Verdict,
): void {
  const { ended, subscribe } = connection;
  const endedAt = ended?.at ?? model.final.at;
  if (endedAt > quietAfter(model.entries('fault'), deletion.at)) {
    const since = (endedAt - deletion.at).toFixed(0);
    const sentence = `${consumer.name}: connection ${subscribe.connection} lived on for ${since} ms after the consumer was deleted.`;
    verdict.add('session outlived its consumer', deletion.at, sentence);
  }
  // One that subscribed before may have taken over first.
  const isRivalled = consumer.connections.some(
    (other) => other.subscribe.at > subscribe.at && other.subscribe.at < deletion.at,
  );
  if (ended?.by === 'hub' && ended.code === 'CONSUMER_TAKEN_OVER' && !isRivalled) {
    const sentence = `${consumer.name}: connection ${subscribe.connection} ended with ${ended.code}; its consumer was deleted.`;
    verdict.add('session outlived its consumer', ended.at, sentence);
  }
}

const REFUSALS = ['CONSUMER_TAKEN_OVER', 'CONSUMER_NOT_FOUND'];

/** An acknowledgement of a session whose consumer was deleted is refused with one of these codes. */
function checkLate(consumer: Consumer, entry: AcknowledgeEntry, verdict: Verdict): void {
  const { outcome, session, connection, invokedAt } = entry;
  if (session === null || outcome.kind === 'unknown' || (outcome.kind === 'fail' && outcome.retryable))
    return;
  const own = consumer.connections.find(({ subscribe }) => subscribe.connection === connection);
  const begun = own?.batches[0]?.at ?? Infinity;
  const isLate = consumer.deletes.some(
    (deletion) => deletion.outcome.kind === 'ok' && begun < deletion.invokedAt && deletion.at < invokedAt,
  );
  if (!isLate || (outcome.kind === 'fail' && REFUSALS.includes(outcome.code))) return;
  const answer = outcome.kind === 'ok' ? 'taken' : `refused as ${outcome.code}`;
  const sentence = `${consumer.name}: an acknowledgement of session ${session}, whose consumer was deleted, was ${answer}.`;
  verdict.add('deleted session heard', entry.at, sentence);
}
