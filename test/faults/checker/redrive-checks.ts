/** The order of redriven changes and later changes of the same key. */
import type { BatchEntry, History, RedriveEntry } from '../history.js';
import { isAside } from './consumers.js';
import type { Connection, Consumer } from './consumers.js';
import type { Verdict } from './invariants.js';
import { entityName } from './model.js';
import type { Model } from './model.js';

/** No change of the key that was published after a redrive was answered is delivered before the redriven change. */
export function checkRedriveOrder(
  model: Model,
  consumer: Consumer,
  history: History,
  verdict: Verdict,
): void {
  // A seek drops the waiting rejections.
  if (consumer.seeks.length > 0) return;
  const own = history.filter((entry) => 'consumer' in entry && entry.consumer === consumer.name);
  const places = new Map<string, number>();
  const letters = consumer.state?.deadLetters ?? [];
  const answered = own.flatMap((entry) =>
    entry.kind === 'reject' && entry.outcome.kind === 'ok' ? [entry.outcome.value] : [],
  );
  for (const { id, change } of [...letters, ...answered]) places.set(id, model.place(change) ?? 0);
  for (const redrive of own.filter((entry) => entry.kind === 'redrive')) {
    const { ids, outcome } = redrive;
    // Only where each of the ids was redriven is it known which were.
    if (ids === null || outcome.kind !== 'ok' || outcome.value.count !== ids.length) continue;
    for (const id of ids) {
      const place = places.get(id);
      if (place !== undefined) checkOne(model, consumer, own, { redrive, place }, verdict);
    }
  }
}

function checkOne(
  model: Model,
  consumer: Consumer,
  own: History,
  { redrive, place }: { readonly redrive: RedriveEntry; readonly place: number },
  verdict: Verdict,
): void {
  const change = model.at(place);
  const chain = (change && model.chains.get(entityName(change))) ?? [];
  const later = new Set(chain.filter((one) => one > place && model.sentAt(one) > redrive.at));
  if (later.size === 0) return;
  const again = firstOf(
    model,
    consumer,
    redrive.invokedAt,
    (batch, of) => isAside(model, batch) && of === place,
  );
  const overtaking = firstOf(model, consumer, redrive.at, (batch, of, connection) => {
    // A session that was taken over and has not heard of it need not have heard of the redrive.
    return later.has(of) && consumer.isNewest(connection, batch.at);
  });
  if (!overtaking || (again && again.at <= overtaking.at)) return;
  // It may be a dead letter again by then: by an attempt that was sent and not received, or as it waits behind one that died.
  const upTo = new Set(chain.filter((one) => one <= place));
  const mayBeDead = own.some(
    (entry) =>
      entry.kind === 'reject' &&
      entry.invokedAt <= overtaking.at &&
      (entry.outcome.kind === 'unknown'
        ? upTo.has(model.place(entry.change) ?? place)
        : entry.outcome.kind === 'ok' &&
          entry.outcome.value.dead &&
          entry.at >= redrive.invokedAt &&
          upTo.has(model.place(entry.outcome.value.change) ?? 0)),
  );
  if (mayBeDead) return;
  const sentence = `${consumer.name}, connection ${overtaking.connection}: what was published after ${place} had been redriven at ${redrive.hub} came before it.`;
  verdict.add('redrive overtaken', overtaking.at, sentence);
}

/** The first batch behind a moment with a change that is looked for. */
function firstOf(
  model: Model,
  consumer: Consumer,
  after: number,
  isWanted: (batch: BatchEntry, place: number, connection: Connection) => boolean,
): BatchEntry | undefined {
  const found = consumer.connections.flatMap((connection) => {
    const batch = connection.batches.find(
      (one) =>
        one.at > after &&
        one.changes.some((change) => isWanted(one, model.place(change.cursor) ?? 0, connection)),
    );
    return batch ? [batch] : [];
  });
  return found.sort((a, b) => a.at - b.at)[0];
}
