export type State = 'HELD' | 'DUE' | 'OUT' | 'DEAD' | 'SETTLED';
export type Event =
  | 'claim'
  | 'reject, attempts left'
  | 'reject, the last attempt'
  | 'settle with the current ticket'
  | 'settle with an older ticket'
  | 'the earlier change is settled'
  | 'the earlier change dies'
  | 'redrive'
  | 'discard'
  | 'seek'
  | 'the session is lost, another claims';

/** What becomes of one change of a key on which another, earlier one was rejected. What is refused changes nothing. */
export const BECOMES: Readonly<Record<State, Readonly<Record<Event, State | 'gone'>>>> = {
  HELD: {
    claim: 'HELD',
    'reject, attempts left': 'HELD',
    'reject, the last attempt': 'HELD',
    // As of a redelivery whose session is lost, and before which an earlier change was redriven since.
    'settle with the current ticket': 'SETTLED',
    'settle with an older ticket': 'HELD',
    'the earlier change is settled': 'DUE',
    'the earlier change dies': 'DEAD',
    redrive: 'HELD',
    discard: 'HELD',
    seek: 'gone',
    'the session is lost, another claims': 'HELD',
  },
  DUE: {
    claim: 'OUT',
    'reject, attempts left': 'DUE',
    'reject, the last attempt': 'DUE',
    'settle with the current ticket': 'SETTLED',
    'settle with an older ticket': 'DUE',
    'the earlier change is settled': 'DUE',
    'the earlier change dies': 'DUE',
    redrive: 'DUE',
    discard: 'DUE',
    seek: 'gone',
    'the session is lost, another claims': 'OUT',
  },
  OUT: {
    claim: 'OUT',
    'reject, attempts left': 'DUE',
    'reject, the last attempt': 'DEAD',
    'settle with the current ticket': 'SETTLED',
    'settle with an older ticket': 'OUT',
    'the earlier change is settled': 'OUT',
    'the earlier change dies': 'OUT',
    redrive: 'OUT',
    discard: 'OUT',
    seek: 'gone',
    'the session is lost, another claims': 'OUT',
  },
  DEAD: {
    claim: 'DEAD',
    'reject, attempts left': 'DEAD',
    'reject, the last attempt': 'DEAD',
    'settle with the current ticket': 'DEAD',
    'settle with an older ticket': 'DEAD',
    'the earlier change is settled': 'DEAD',
    'the earlier change dies': 'DEAD',
    redrive: 'DUE',
    discard: 'SETTLED',
    seek: 'DEAD',
    'the session is lost, another claims': 'DEAD',
  },
  SETTLED: {
    claim: 'SETTLED',
    'reject, attempts left': 'SETTLED',
    'reject, the last attempt': 'SETTLED',
    'settle with the current ticket': 'SETTLED',
    'settle with an older ticket': 'SETTLED',
    'the earlier change is settled': 'SETTLED',
    'the earlier change dies': 'SETTLED',
    redrive: 'SETTLED',
    discard: 'SETTLED',
    seek: 'gone',
    'the session is lost, another claims': 'SETTLED',
  },
};
