/** What acknowledgements, seeks and pauses were answered, held against each other. */
import type { AcknowledgeEntry, SeekEntry } from '../history.js';
import type { Consumer } from './consumers.js';
import type { Verdict } from './invariants.js';
import type { Model } from './model.js';

export function checkAcknowledges(model: Model, consumer: Consumer, verdict: Verdict): void {
  for (const entry of consumer.acknowledges) {
    if (entry.outcome.kind === 'ok') checkAnswer(model, consumer, entry, entry.outcome.value.cursor, verdict);
    if (entry.outcome.kind === 'fail') checkRefusal(model, consumer, entry, entry.outcome.code, verdict);
  }
  for (const entry of consumer.pauses) {
    if (entry.outcome.kind !== 'ok') continue;
    checkCursor(model, consumer, { ...entry, cursor: entry.outcome.value.cursor }, verdict);
  }
  for (const seek of consumer.seeks) checkSeek(model, consumer, seek, verdict);
  const { state } = consumer;
  const { at } = model.final;
  if (state) checkCursor(model, consumer, { invokedAt: at, at, cursor: state.cursor }, verdict);
}

function checkAnswer(
  model: Model,
  consumer: Consumer,
  entry: AcknowledgeEntry,
  answered: string,
  verdict: Verdict,
): void {
  checkCursor(model, consumer, { ...entry, cursor: answered }, verdict);
  if (consumer.isStale(entry)) {
    const sentence = `${consumer.name}: session ${entry.session} acknowledged after a newer one had begun.`;
    verdict.add('stale session', entry.at, sentence);
  }
  const own = model.place(entry.cursor);
  const place = model.place(answered);
  const moved = entry.attempt > 1 || own === null || place === null || place >= own;
  const sought = consumer.seeks.some((seek) => seek.at >= entry.invokedAt && seek.invokedAt <= entry.at);
  if (!moved && !sought && !consumer.isSoughtAway(entry, false)) {
    const sentence = `${consumer.name}: ${own} was acknowledged, and the cursor is ${place}.`;
    verdict.add('acknowledgement lost', entry.at, sentence);
  }
}

/** A cursor that was answered lies between what was answered before and what was asked for until then. */
function checkCursor(
  model: Model,
  consumer: Consumer,
  entry: { readonly invokedAt: number; readonly at: number; readonly cursor: string },
  verdict: Verdict,
): void {
  const place = model.place(entry.cursor);
  if (place === null) {
    return verdict.add(
      'cursor ran ahead',
      entry.at,
      `${consumer.name}: ${entry.cursor} is no place in this log.`,
    );
  }
  const most = Math.min(consumer.atMost(entry.at), model.end);
  const least = consumer.atLeast(entry.invokedAt, entry.at);
  if (place > most) {
    const sentence = `${consumer.name}: the cursor is ${place}; it can be ${most} at most.`;
    verdict.add('cursor ran ahead', entry.at, sentence);
  }
  if (place < least) {
    const sentence = `${consumer.name}: the cursor is ${place}; it was ${least} before.`;
    verdict.add('cursor went back', entry.at, sentence);
  }
}

/** The session that owns the consumer is refused nothing that it received. */
function checkRefusal(
  model: Model,
  consumer: Consumer,
  entry: AcknowledgeEntry,
  code: string,
  verdict: Verdict,
): void {
  const own = consumer.stretchOf(entry);
  if (!own || consumer.isSoughtAway(entry, false)) return;
  // Surely older is only who had begun before; a subscription that hung in a stalled hub may take over much later.
  const wasRivalled = consumer.connections.some(
    ({ subscribe, batches }) =>
      subscribe !== own.connection.subscribe &&
      subscribe.at < entry.at &&
      (batches[0]?.at ?? Infinity) > own.connection.subscribe.at,
  );
  const wasReceived = own.connection.batches.some(
    (batch) => batch.cursor === entry.cursor && batch.at <= entry.invokedAt,
  );
  const takenOver = code === 'CONSUMER_TAKEN_OVER' && !wasRivalled;
  const notTaken = (code === 'CURSOR_AHEAD' || code === 'INVALID_CURSOR') && wasReceived;
  if (takenOver || notTaken) {
    const sentence = `${consumer.name}: session ${entry.session} was refused ${model.place(entry.cursor)}: ${code}.`;
    verdict.add('refused for nothing', entry.at, sentence);
  }
}

/** A seek answers the place that it was told. */
function checkSeek(model: Model, consumer: Consumer, seek: SeekEntry, verdict: Verdict): void {
  if (seek.outcome.kind !== 'ok' || seek.to === 'TIME') return;
  const place = model.place(seek.outcome.value.cursor) ?? -1;
  const [least, most] = rangeOf(model, seek);
  if (place < least || place > most) {
    const sentence = `${consumer.name}: a seek to ${seek.to} led to ${place}, not to ${least} … ${most}.`;
    verdict.add(place > most ? 'cursor ran ahead' : 'cursor went back', seek.at, sentence);
  }
}

function rangeOf(model: Model, seek: SeekEntry): readonly [number, number] {
  if (seek.to === 'LATEST') return [model.endAtLeast(seek.invokedAt), model.endAtMost(seek.at)];
  const place = seek.to === 'CURSOR' ? (model.place(seek.cursor ?? '') ?? 0) : 0;
  return [place, place];
}
