import { WebSocket } from 'ws';

const SUBSCRIPTION = `subscription ($consumer: ID!) { changes(consumer: $consumer, batchSize: 500, maxInFlight: 20000) {
  head changes { key version after } cursor } }`;
const ACKNOWLEDGE = `mutation ($consumer: ID!, $cursor: Cursor!) {
  acknowledge(consumer: $consumer, cursor: $cursor) { lag } }`;

async function open(url: string, consumer: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const send = (message: object): void => socket.send(JSON.stringify(message));
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => send({ type: 'connection_init' }));
    socket.once('message', () => {
      send({ id: 'changes', type: 'subscribe', payload: { query: SUBSCRIPTION, variables: { consumer } } });
      // The first batch is empty and says that the subscription is live.
      socket.once('message', () => resolve());
    });
  });
  return socket;
}

/** A consumer that does not keep up. */
export class BadConsumer {
  private constructor(readonly socket: WebSocket) {}

  static async start(url: string, kind: 'never-reads' | 'never-acknowledges'): Promise<BadConsumer> {
    const socket = await open(url, kind);
    if (kind === 'never-reads') socket.pause();
    else socket.on('message', () => undefined);
    return new BadConsumer(socket);
  }

  close(): void {
    this.socket.terminate();
  }
}

/** A consumer that keeps up, acknowledges every batch, and takes the time from publish to receipt. */
export class GoodConsumer {
  /** Milliseconds, one a batch: of its first change. */
  readonly latencies: number[] = [];
  received = 0;
  #acknowledging = false;
  #cursor = '';

  private constructor(readonly socket: WebSocket) {}

  static async start(url: string): Promise<GoodConsumer> {
    const consumer = new GoodConsumer(await open(url, 'good'));
    consumer.socket.on('message', (data: Buffer) => consumer.#receive(data));
    return consumer;
  }

  /** Resolves when so many changes came in all. */
  async drained(changes: number): Promise<void> {
    while (this.received < changes) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  close(): void {
    this.socket.terminate();
  }

  /** Looks into the text without parsing it: the load generator must not be the bound. */
  #receive(data: Buffer): void {
    const text = data.toString('latin1');
    if (text.includes('"type":"complete"')) return;
    if (text.includes('"acknowledge"')) {
      this.#acknowledging = false;
      this.#acknowledge();
      return;
    }
    const [, sentAt] = /"sentAt":([\d.]+)/.exec(text) ?? [];
    if (sentAt !== undefined) this.latencies.push(performance.now() - Number(sentAt));
    for (let at = text.indexOf('"sentAt"'); at >= 0; at = text.indexOf('"sentAt"', at + 1))
      this.received += 1;
    this.#cursor = /"cursor":"([^"]+)"\}\}\}\}$/.exec(text)?.[1] ?? this.#cursor;
    this.#acknowledge();
  }

  /** One acknowledgement at a time, of the newest batch. */
  #acknowledge(): void {
    if (this.#acknowledging || this.#cursor === '') return;
    this.#acknowledging = true;
    const variables = { consumer: 'good', cursor: this.#cursor };
    this.#cursor = '';
    this.socket.send(
      JSON.stringify({
        id: `a${this.received}`,
        type: 'subscribe',
        payload: { query: ACKNOWLEDGE, variables },
      }),
    );
  }
}
