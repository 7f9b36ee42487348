/**
 * What became of the changes that a consumer rejected, and of those that wait behind them.
 *
 * A rejected change is its key's head until it is settled (the batch in which it came again is acknowledged), dead (tried too
 * often), discarded, or the consumer is sought elsewhere. Behind a call without an answer everything may be so or not; the
 * checks then ask for less.
 */
import type {
  AcknowledgeEntry,
  BatchEntry,
  DiscardEntry,
  History,
  RedriveEntry,
  RejectEntry,
} from '../history.js';
import type { Consumer } from './consumers.js';
import { isAside } from './consumers.js';
import { quietAfter } from './quiet.js';
import type { Verdict } from './invariants.js';
import { entityName, pushTo } from './model.js';
import type { Model } from './model.js';
import { placesOfAttempts } from './reject-checks.js';

interface Again {
  readonly place: number;
  readonly batch: BatchEntry;
}

export class Rejections {
  /** By place: rejections that were not refused, and deliveries that came again. */
  readonly #rejects = new Map<number, RejectEntry[]>();
  readonly #again = new Map<number, Again[]>();
  readonly #rejectedOfEntity = new Map<string, number[]>();
  readonly #redrives: readonly RedriveEntry[];
  readonly #discards: readonly DiscardEntry[];
  readonly #placeOfId = new Map<string, number>();
  readonly #isSought: boolean;
  /** Acknowledgements by cursors that other consumers got, with the place of the change. */
  readonly #foreign: readonly { readonly entry: AcknowledgeEntry; readonly place: number }[];

  constructor(
    readonly model: Model,
    readonly consumer: Consumer,
    history: History,
  ) {
    const isOwn = (entry: { consumer: string }): boolean => entry.consumer === consumer.name;
    this.#isSought = consumer.seeks.length > 0;
    const counted = history.filter((entry) => !('outcome' in entry) || entry.outcome.kind !== 'fail');
    this.#redrives = counted.filter((entry) => entry.kind === 'redrive').filter(isOwn);
    this.#discards = counted.filter((entry) => entry.kind === 'discard').filter(isOwn);
    for (const entry of counted.filter((one) => one.kind === 'reject').filter(isOwn)) this.#addReject(entry);
    for (const { batches } of consumer.connections) {
      for (const batch of batches.filter((one) => isAside(model, one))) {
        const place = model.place(batch.changes[0]?.cursor ?? '');
        if (place !== null) pushTo(this.#again, place, { place, batch });
      }
    }
    const attempts = consumer.acknowledges.some(({ foreign }) => foreign) ? placesOfAttempts(model) : null;
    this.#foreign = consumer.acknowledges.flatMap((entry) => {
      const place = entry.foreign === undefined ? undefined : attempts?.get(entry.cursor);
      return place === undefined || entry.outcome.kind === 'fail' ? [] : [{ entry, place }];
    });
    for (const letter of consumer.state?.deadLetters ?? []) this.#know(letter.id, letter.change);
    for (const { ids, listed } of [...this.#redrives, ...this.#discards])
      listed?.forEach((cursor, i) => this.#know(ids?.[i] ?? '', cursor));
  }

  /** Whether the change at a place may be left out of a batch that came at a moment. */
  mayWait(place: number, moment: number): boolean {
    return this.#heads(place).some((head) =>
      (this.#rejects.get(head) ?? []).some((entry) => entry.invokedAt <= moment),
    );
  }

  /** Whether a change may have been set aside without ever having been delivered. */
  mayBeSetAside(place: number): boolean {
    return this.#heads(place).length > 0 && (this.#isDeadAtEnd(place) || this.#isDiscarded(place));
  }

  check(verdict: Verdict): void {
    for (const again of [...this.#again.values()].flat()) this.#checkAgain(again, verdict);
    for (const entry of [...this.#rejects.values()].flat()) this.#checkAnswer(entry, verdict);
    // A seek drops what waits, and shows again what is dead.
    if (this.#isSought) return;
    for (const { batches } of this.consumer.connections) {
      for (const batch of batches.filter((one) => !isAside(this.model, one)))
        this.#checkOvertaken(batch, verdict);
    }
    for (const place of this.#rejects.keys()) this.#checkFate(place, verdict);
    this.#checkDeadLetters(verdict);
    this.#checkRedrives(verdict);
  }

  #addReject(entry: RejectEntry): void {
    const { outcome } = entry;
    const place =
      this.model.place(outcome.kind === 'ok' ? outcome.value.change : entry.change) ??
      this.#placeOfAttempt(entry.change);
    const change = place === null ? undefined : this.model.at(place);
    if (place === null || !change) return;
    if (outcome.kind === 'ok') this.#know(outcome.value.id, outcome.value.change);
    pushTo(this.#rejects, place, entry);
    const ofEntity = this.#rejectedOfEntity.get(entityName(change)) ?? [];
    if (!ofEntity.includes(place)) pushTo(this.#rejectedOfEntity, entityName(change), place);
  }

  #placeOfAttempt(cursor: string): number | null {
    for (const { batches } of this.consumer.connections) {
      const batch = batches.find((one) => one.cursor === cursor && isAside(this.model, one));
      if (batch) return this.model.place(batch.changes[0]?.cursor ?? '');
    }
    return null;
  }

  #know(id: string, cursor: string): void {
    const place = this.model.place(cursor);
    if (place !== null) this.#placeOfId.set(id, place);
  }

  /** Places of the same entity, up to this one, that were rejected at some time. */
  #heads(place: number): number[] {
    const change = this.model.at(place);
    return (change ? (this.#rejectedOfEntity.get(entityName(change)) ?? []) : []).filter(
      (head) => head <= place,
    );
  }

  /** What came again is alone, and its attempt follows from what was rejected before. */
  #checkAgain({ place, batch }: Again, verdict: Verdict): void {
    const wrong = (sentence: string): void =>
      verdict.add('wrong attempt', batch.at, `${this.consumer.name}: the change at ${place} ${sentence}.`);
    if (batch.changes.length !== 1) wrong(`came again with ${batch.changes.length - 1} others`);
    if (!this.#isDue(place, batch)) wrong(`came with attempt ${batch.attempt}, which nothing led to`);
    if (this.#isRepeated(place, batch)) wrong(`came with attempt ${batch.attempt} once more`);
    const dead = this.#deadBefore(place, this.#beganAt(batch));
    if (dead && !this.#isRedriven(place, dead.invokedAt, batch.at) && !this.#isSought) {
      const sentence = `${this.consumer.name}: the dead letter at ${place} came again.`;
      verdict.add('dead and alive', batch.at, sentence);
    }
  }

  #isDue(place: number, { attempt, at }: BatchEntry): boolean {
    const rejects = (this.#rejects.get(place) ?? []).filter((entry) => entry.invokedAt <= at);
    // Redeliveries count from 2. One that only waited, or was redriven, has not been tried when it comes as the second.
    const untried = this.#mayWaitBehind(place, at) || this.#isRedriven(place, -Infinity, at);
    const led = rejects.some(
      ({ outcome }) =>
        outcome.kind === 'unknown' ||
        (outcome.kind === 'ok' && outcome.value.attempts === attempt - 1) ||
        (outcome.kind === 'ok' && outcome.value.attempts === attempt - 2 && untried),
    );
    return led || (attempt === 2 && untried);
  }

  /**
   * Whether an attempt came that was over: a session sends each attempt once, and none that an earlier session's rejection
   * ended. Attempts count anew after a redrive, and after a seek.
   */
  #isRepeated(place: number, batch: BatchEntry): boolean {
    if (this.#isSought || this.#isRedriven(place, -Infinity, batch.at)) return false;
    const { attempt, connection } = batch;
    const sent = (this.#again.get(place) ?? []).some(
      ({ batch: one }) => one.connection === connection && one.at < batch.at && one.attempt >= attempt,
    );
    const began = this.#beganAt(batch);
    const ended = (this.#rejects.get(place) ?? []).some(
      (entry) =>
        entry.outcome.kind === 'ok' &&
        entry.at < began &&
        entry.attempt >= attempt &&
        this.model.place(entry.change) === null,
    );
    return sent || ended;
  }

  /** Whether a change may wait behind an earlier one of its key. */
  #mayWaitBehind(place: number, moment: number): boolean {
    return this.#heads(place).some(
      (head) => head < place && (this.#rejects.get(head) ?? []).some(({ invokedAt }) => invokedAt <= moment),
    );
  }

  /** The attempts that are answered, and whether the change is dead, follow from the consumer's maxAttempts. */
  #checkAnswer(entry: RejectEntry, verdict: Verdict): void {
    const { outcome } = entry;
    if (outcome.kind !== 'ok') return;
    const { attempts, dead, change } = outcome.value;
    const place = this.model.place(change) ?? 0;
    // Named by the change's own cursor, a rejection counts for the newest attempt that is out, whichever was meant.
    const rejects = this.#rejects.get(place) ?? [];
    const came = (this.#again.get(place) ?? []).filter(({ batch }) => batch.at <= entry.at);
    const most = Math.max(...rejects.map((one) => one.attempt), ...came.map(({ batch }) => batch.attempt));
    // Each that had no answer may have counted, and led to an attempt that went out and never came; and who rejects what
    // another got may do so while an attempt is on its way.
    const unknown = rejects.filter(
      (one) => (one.outcome.kind === 'unknown' || one.probe !== undefined) && one.invokedAt <= entry.at,
    ).length;
    const { consumer } = this;
    if (attempts > most + unknown) {
      const sentence = `${consumer.name}: the change at ${place} counts ${attempts} attempts; ${most} came.`;
      verdict.add('wrong attempt', entry.at, sentence);
    }
    const limit = consumer.state?.maxAttempts ?? Infinity;
    const behind = this.#heads(place).some((head) => head < place);
    if (dead !== attempts >= limit && !(dead && behind)) {
      const sentence = `${consumer.name}: the change at ${place} is ${dead ? '' : 'not '}dead after ${attempts} of ${limit}.`;
      verdict.add('wrong dead letter', entry.at, sentence);
    }
  }

  /** A session that began after a rejection was answered brings no later change of the key before that is settled. */
  #checkOvertaken(batch: BatchEntry, verdict: Verdict): void {
    const faults = this.model.entries('fault');
    const began = this.#beganAt(batch);
    for (const change of batch.changes) {
      const place = this.model.place(change.cursor) ?? 0;
      const dead = this.#deadBefore(place, began);
      if (dead && !this.#isRedriven(place, dead.invokedAt, batch.at)) {
        verdict.add(
          'dead and alive',
          batch.at,
          `${this.consumer.name}: the dead letter at ${place} came once more.`,
        );
      }
      const overtaken = this.#heads(place).find((head) =>
        (this.#rejects.get(head) ?? []).some(
          (entry) =>
            entry.outcome.kind === 'ok' &&
            !entry.outcome.value.dead &&
            (entry.at < began || quietAfter(faults, entry.at) < batch.at) &&
            !this.#mayBeOver(head, entry.invokedAt, batch.at),
        ),
      );
      if (overtaken === undefined) continue;
      const sentence = `${this.consumer.name}: the change at ${place} came though ${overtaken} of its key waits.`;
      verdict.add('overtaken key', batch.at, sentence);
    }
  }

  /** Whether a rejected change may have been settled, killed or dropped between two moments. */
  #mayBeOver(place: number, from: number, to: number): boolean {
    const settled = this.#acknowledgesOf(place).some(({ at, invokedAt }) => at > from && invokedAt <= to);
    const died = this.#heads(place).some((head) =>
      (this.#rejects.get(head) ?? []).some(
        ({ outcome, at, invokedAt }) =>
          at > from &&
          invokedAt <= to &&
          (outcome.kind === 'unknown' || (outcome.kind === 'ok' && outcome.value.dead)),
      ),
    );
    return settled || died;
  }

  /** In the end a rejected change, and what was sent behind it, is settled by an attempt of its own, or dead, or discarded. */
  #checkFate(place: number, verdict: Verdict): void {
    const answered = (this.#rejects.get(place) ?? []).filter(({ outcome }) => outcome.kind === 'ok');
    const last = answered.at(-1);
    if (last?.outcome.kind !== 'ok') return;
    // What was not tried when it first came again counts one attempt less than came.
    const tried = Math.max(last.outcome.value.attempts, last.attempt);
    this.#expectOver(place, tried, last, verdict);
    const first = answered[0];
    // One that died behind another was dead already: it says so, and what was sent meanwhile is not behind it.
    if (first?.outcome.kind !== 'ok' || first.outcome.value.attempts === 0 || first.attempt !== 1) return;
    if ((this.#again.get(place)?.[0]?.batch.at ?? Infinity) < first.at) return;
    for (const behind of this.#sentBehind(place, first)) {
      if (!this.#cameAsEver(behind, place, first))
        this.#expectOver(behind, 0, { ...first, at: first.invokedAt }, verdict);
    }
  }

  /** Once a rejected change may be over, what is not acknowledged by then comes in the log's order, and the cursor settles it. */
  #cameAsEver(behind: number, head: number, { invokedAt, at }: RejectEntry): boolean {
    return this.consumer.connections.some(({ batches }) =>
      batches.some(
        (batch) =>
          batch.at > at &&
          !isAside(this.model, batch) &&
          batch.changes.some((change) => this.model.place(change.cursor) === behind) &&
          this.#mayBeOver(head, invokedAt, batch.at),
      ),
    );
  }

  #expectOver(place: number, tried: number, last: RejectEntry, verdict: Verdict): void {
    const { invokedAt, at: from } = last;
    // A redrive that was under way with the rejection may have come behind it.
    const settled = this.#acknowledgesOf(place).some(
      (entry) => entry.at > from && (entry.attempt > tried || this.#isRedriven(place, invokedAt, entry.at)),
    );
    if (settled || this.#isDeadAtEnd(place) || this.#isDiscarded(place)) return;
    const taken = this.#foreign.find((one) => one.place === place && one.entry.at > from);
    if (taken) {
      const sentence = `${this.consumer.name}: the change at ${place} never came again; ${taken.entry.hub} took a cursor of ${taken.entry.foreign}.`;
      return verdict.add('foreign cursor taken', taken.entry.at, sentence);
    }
    const sentence = `${this.consumer.name}: the change at ${place}, rejected or held, was never settled, and is no dead letter.`;
    verdict.add('neither here nor there', null, sentence);
  }

  /** Changes of the key that the same session had sent when the change was rejected. */
  #sentBehind(place: number, { invokedAt, connection }: RejectEntry): number[] {
    const change = this.model.at(place);
    const batches =
      this.consumer.connections.find((one) => one.subscribe.connection === connection)?.batches ?? [];
    const sent = batches.filter((batch) => batch.at < invokedAt && !isAside(this.model, batch));
    const places = sent.flatMap((batch) => batch.changes.map((one) => this.model.place(one.cursor) ?? 0));
    const chain = (change && this.model.chains.get(entityName(change))) ?? [];
    return chain.filter((later) => later > place && places.includes(later));
  }

  /** What was answered dead is listed, unless it was redriven or discarded; and what is listed died. */
  #checkDeadLetters(verdict: Verdict): void {
    const { name } = this.consumer;
    for (const [place, entries] of this.#rejects) {
      const dead = entries.findLast(({ outcome }) => outcome.kind === 'ok' && outcome.value.dead);
      if (!dead || this.#isDeadAtEnd(place) || this.#isDiscarded(place)) continue;
      if (this.#isRedriven(place, dead.invokedAt, Infinity)) continue;
      const sentence = `${name}: the change at ${place} died and is no dead letter.`;
      verdict.add('wrong dead letter', dead.at, sentence);
    }
    for (const { change, dead } of this.consumer.state?.deadLetters ?? []) {
      const place = this.model.place(change) ?? 0;
      const mayHaveDied = this.#heads(place).some((head) =>
        (this.#rejects.get(head) ?? []).some(
          ({ outcome }) => outcome.kind === 'unknown' || (outcome.kind === 'ok' && outcome.value.dead),
        ),
      );
      if (dead && !mayHaveDied)
        verdict.add('wrong dead letter', null, `${name}: ${place} is dead, and never died.`);
    }
  }

  /** What was redriven comes again, at the attempt 1. */
  #checkRedrives(verdict: Verdict): void {
    for (const redrive of this.#redrives) {
      if (redrive.outcome.kind !== 'ok' || redrive.outcome.value.count === 0 || redrive.ids?.length !== 1)
        continue;
      const place = this.#placeOfId.get(redrive.ids[0] ?? '');
      if (place === undefined || this.#isDiscarded(place) || this.#isDeadAtEnd(place)) continue;
      const came = (this.#again.get(place) ?? []).some(({ batch }) => batch.at > redrive.invokedAt);
      if (!came)
        verdict.add(
          'redrive lost',
          redrive.at,
          `${this.consumer.name}: ${place} was redriven and never came.`,
        );
    }
  }

  #acknowledgesOf(place: number): Consumer['acknowledges'][number][] {
    const cursors = new Set((this.#again.get(place) ?? []).map(({ batch }) => batch.cursor));
    return this.consumer.acknowledges.filter(
      ({ cursor, outcome, foreign }) =>
        foreign === undefined && cursors.has(cursor) && outcome.kind !== 'fail',
    );
  }

  /** The answer that a change is dead, known before a moment. */
  #deadBefore(place: number, moment: number): RejectEntry | undefined {
    return (this.#rejects.get(place) ?? []).find(
      ({ outcome, at }) => outcome.kind === 'ok' && outcome.value.dead && at < moment,
    );
  }

  #beganAt(batch: BatchEntry): number {
    return (
      this.consumer.connections.find(({ subscribe }) => subscribe.connection === batch.connection)?.subscribe
        .at ?? 0
    );
  }

  #isRedriven(place: number, from: number, to: number): boolean {
    return this.#redrives.some(
      ({ ids, at, invokedAt, outcome }) =>
        (at > from || outcome.kind === 'unknown') &&
        invokedAt <= to &&
        (ids === null || this.#mayName(ids, place)),
    );
  }

  #isDiscarded(place: number): boolean {
    return this.#discards.some(({ ids }) => this.#mayName(ids, place));
  }

  /** Whether ids may stand for a change; one that died behind another may have an id that nobody recorded. */
  #mayName(ids: readonly string[], place: number): boolean {
    const isKnown = [...this.#placeOfId.values()].includes(place);
    return ids.some((id) => {
      const named = this.#placeOfId.get(id);
      return named === undefined ? !isKnown : named === place;
    });
  }

  #isDeadAtEnd(place: number): boolean {
    return (this.consumer.state?.deadLetters ?? []).some(({ change }) => this.model.place(change) === place);
  }
}
