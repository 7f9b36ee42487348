/** One tab of the playground: a document that is ready to run, and its variables as JSON text. */
export interface ReadyOperation {
  query: string;
  variables?: string;
}

const publish: ReadyOperation = {
  query: `# Two changes of one earthquake, durable when this answers.
# Run it twice: each sourceId is recorded once (DUPLICATE).
mutation Publish($source: String!, $changes: [ChangeInput!]!) {
  publish(source: $source, changes: $changes) {
    cursor
    results {
      outcome
      change {
        cursor
        sourceId
        collection
        key
        operation
        version
        before
        after
        changedFields
      }
      conflict {
        reason
        current
        currentVersion
        resolution
      }
    }
  }
}
`,
  variables: json({
    source: 'seismometer',
    changes: [
      {
        sourceId: 'reading-1',
        collection: 'quakes',
        key: 'us7000tide',
        write: 'UPSERT',
        data: {
          id: 'us7000tide',
          magnitude: 6.2,
          place: '24km WSW of Illapel, Chile',
          time: '2026-03-01T04:12:09.000Z',
          status: 'automatic',
          longitude: -71.4,
          latitude: -31.7,
          depthKm: 28,
        },
        occurredAt: '2026-03-01T04:12:09.000Z',
        headers: { station: 'CO03' },
      },
      {
        sourceId: 'reading-2',
        collection: 'quakes',
        key: 'us7000tide',
        write: 'PATCH',
        data: { magnitude: 6.4, status: 'reviewed' },
        occurredAt: '2026-03-01T04:31:50.000Z',
      },
    ],
  }),
};

const subscribe: ReadyOperation = {
  query: `# All that the log holds, then every new change: publish
# from a second window. The newest batch is shown.
subscription Subscribe {
  changes(startAt: EARLIEST) {
    cursor
    head
    changes {
      cursor
      sourceId
      collection
      key
      operation
      version
      before
      after
      changedFields
      source
      headers
      occurredAt
      recordedAt
    }
  }
}
`,
};

const follow: ReadyOperation = {
  query: `# A named consumer: the hub keeps its place. Stop it, copy
# the batch's cursor into the variables, run Acknowledge.
subscription Follow($consumer: ID!) {
  changes(consumer: $consumer, startAt: EARLIEST, batchSize: 10) {
    cursor
    changes {
      cursor
      collection
      key
      operation
      version
      after
    }
  }
}

# All up to the cursor is processed and does not come again:
# run Follow once more, it goes on behind that cursor.
mutation Acknowledge($consumer: ID!, $cursor: Cursor!) {
  acknowledge(consumer: $consumer, cursor: $cursor) {
    name
    cursor
    lag
    inFlight
    connected
    acknowledgedAt
  }
}
`,
  variables: json({ consumer: 'playground', cursor: 'the cursor of the newest batch' }),
};

const reject: ReadyOperation = {
  query: `# One change could not be processed: give its cursor, and it
# comes again in Follow, alone, later and later.
mutation Reject($consumer: ID!, $change: Cursor!) {
  reject(consumer: $consumer, change: $change, reason: "no such account", retryInSeconds: 5) {
    id
    attempts
    nextAttemptAt
    dead
  }
}

# What was set aside after too many attempts.
query DeadLetters($consumer: ID!) {
  consumer(name: $consumer) {
    deadLetters {
      nodes {
        id
        reason
        attempts
        change {
          cursor
          collection
          key
          after
        }
      }
    }
  }
}

# Try all of them once more; discard forgets those it is given.
mutation Redrive($consumer: ID!) {
  redrive(consumer: $consumer)
}
`,
  variables: json({ consumer: 'playground', change: 'the cursor of a change' }),
};

const explore: ReadyOperation = {
  query: `# What the hub holds: the log, who writes, who follows,
# the newest state with its history, the latest changes.
query Explore($collection: String!) {
  hub {
    version
    logId
    head
    changeCount
    startedAt
    database
    signal
  }
  collections {
    name
    entityCount
    changeCount
  }
  sources {
    name
    changeCount
    lastChangeAt
  }
  consumers {
    name
    cursor
    lag
    connected
  }
  entities(collection: $collection, first: 10) {
    nodes {
      key
      version
      data
      updatedAt
      history(first: 5) {
        nodes {
          version
          operation
          changedFields
          recordedAt
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
  changes(last: 10) {
    nodes {
      cursor
      collection
      key
      operation
      version
      source
      recordedAt
    }
    pageInfo {
      hasPreviousPage
      startCursor
    }
  }
}
`,
  variables: json({ collection: 'quakes' }),
};

/** In the order in which they tell the hub's story; GraphiQL names each tab after the first operation in it. */
export const readyOperations: [ReadyOperation, ...ReadyOperation[]] = [
  publish,
  subscribe,
  follow,
  reject,
  explore,
];

function json(variables: object): string {
  return JSON.stringify(variables, null, 2);
}
