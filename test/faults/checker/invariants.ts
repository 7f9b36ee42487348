/**
 * What must hold of every history, by name. The numbers are those of the list of invariants from which the bench was made:
 * docs/reliability.md says which of them are checked and which do not apply.
 */
export const INVARIANTS = {
  // What producers were told.
  'lost publish': [
    'I1',
    'What was answered APPLIED or DUPLICATE is in the log, at the cursor that was answered.',
  ],
  'altered publish': ['I1', 'The log holds what the source sent, applied to what the entity was.'],
  'recorded though refused': ['I2', 'What the hub refused, and no other try recorded, is not in the log.'],
  'recorded though not sent': ['I2', 'Everything in the log was sent by somebody.'],
  'one id, one record': ['I12', 'An id of a source is recorded once, and answered APPLIED once.'],
  'wrong outcome': ['I12', 'UNCHANGED, CONFLICT and ABORTED are answered only where they are so.'],
  'order within a call': ['I11', 'Changes of one call are recorded in its order, with nothing between them.'],
  'atomic or not at all': ['I11', 'Of an atomic call everything is recorded, or nothing.'],
  'commit order': ['I4', 'What was sent after another call was answered stands behind it in the log.'],
  // The log.
  'positions without gaps': ['I3', 'Positions are consecutive from the beginning of the run.'],
  'one log': ['I16', 'All hubs tell the same log: its id, its changes, its end, its count.'],
  'version chain': ['I3', 'Versions of an entity are 1, 2, 3 …'],
  'before and after': [
    'I3',
    'A change begins with what the one before it left; operation and changed fields agree.',
  ],
  'time never back': ['I4', 'recordedAt never goes back along the log.'],
  // State.
  'state is the fold of the log': ['I16', 'Entities, at every hub, are what the log says.'],
  'read your own writes': ['I10', 'A read with atLeast shows a state that holds everything up to there.'],
  'copy equals state': ['I15', 'The copy of a consumer that began with SNAPSHOT is the state at the end.'],
  // Deliveries.
  'one position, one change': ['I3', 'What is delivered is what the log holds at that cursor.'],
  'not asked for': ['I5', 'Nothing is delivered that the filter leaves out, and the scope is right.'],
  skipped: ['I5', 'Between two batches of a session every matching change was delivered.'],
  'out of order': ['I4', 'Within a session changes come in log order, each behind the cursor before.'],
  'never delivered': ['I1', 'Every matching change behind the start was delivered at least once.'],
  'resumed too late': ['I6', 'A session begins no further than what was acknowledged or sought.'],
  'resumed too early': ['I9', 'A session begins no earlier than what was acknowledged before it.'],
  'past the window': [
    'I19',
    'No more than maxInFlight changes are unacknowledged, no batch exceeds batchSize.',
  ],
  'delivered while paused': [
    'I9',
    'A session that began while its consumer was paused gets no changes, and no session any published since.',
  ],
  'one live session': ['I8', 'A session that was taken over has ended when everything is quiet.'],
  'session used again': [
    'I8',
    'A session id names one session of a consumer, also of one that was deleted and made again.',
  ],
  'session outlived its consumer': [
    'I8',
    'A session whose consumer is deleted ends with CONSUMER_DELETED, also where it is made again.',
  ],
  'not drained': ['I18', 'When the faults are over, every consumer comes to the end of the log.'],
  // The run itself, told by whoever runs it.
  'hub ended by itself': ['I18', 'A hub ends when it is told to, and else never.'],
  'memory without bound': ['I19', "No hub's resident memory goes past a bound."],
  'fault not undone': ['I18', 'When a fault is over, what it hit works again.'],
  // Acknowledgements.
  'cursor went back': ['I9', 'The cursor that acknowledgements answer never goes back, except by a seek.'],
  'cursor ran ahead': [
    'I7',
    'The cursor is never beyond what was acknowledged or left out by the filter, nor beyond the end of the log.',
  ],
  'acknowledgement lost': ['I9', 'An acknowledgement that was answered moved the cursor at least that far.'],
  'stale session': ['I8', 'An acknowledgement of a session that was taken over, or sought away, is refused.'],
  'deleted session heard': [
    'I8',
    'An acknowledgement of a session whose consumer was deleted is refused, and says so.',
  ],
  'refused for nothing': [
    'I8',
    'The session that owns the consumer is not refused what it received, nor a reject of it.',
  ],
  // Rejections.
  'wrong attempt': [
    'I13',
    'A change that was rejected comes again alone, with the next attempt, or is dead.',
  ],
  'overtaken key': ['I13', 'Later changes of a rejected key wait until it is settled.'],
  'wrong dead letter': [
    'I13',
    'After its last attempt a change is a dead letter, until redriven or discarded.',
  ],
  'dead and alive': ['I13', 'A dead letter is not delivered again unless it is redriven.'],
  'neither here nor there': [
    'I13',
    'Each change is in the end acknowledged, or a dead letter, or discarded.',
  ],
  'redrive lost': ['I14', 'What was redriven comes again.'],
  'redrive overtaken': [
    'I14',
    'What is published of a key after a redrive was answered comes behind what was redriven.',
  ],
  'wrong reject taken': [
    'I7',
    'A reject of what was not sent, or is acknowledged, is refused as BAD_USER_INPUT, at any hub.',
  ],
  'foreign cursor taken': ['I8', "A cursor of another consumer's attempt settles nothing."],
} as const satisfies Record<string, readonly [string, string]>;

export type Invariant = keyof typeof INVARIANTS;

/** One place where a history breaks an invariant. */
export interface Violation {
  readonly invariant: Invariant;
  /** What exactly, with the names and cursors that lead to it in the history. */
  readonly sentence: string;
  /** `at` of the entry that shows it; null where it is the end state. */
  readonly at: number | null;
}

/** Takes violations as the checks find them. */
export class Verdict {
  readonly violations: Violation[] = [];

  add(invariant: Invariant, at: number | null, sentence: string): void {
    this.violations.push({ invariant, at, sentence });
  }
}
