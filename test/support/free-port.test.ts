import { createSocket } from 'node:dgram';
import { freePort } from './free-port.js';

test('a port that was handed out is passed over by whoever looks for one, though nothing listens on it', async () => {
  const port = await freePort();
  const socket = createSocket('udp4');
  const outcome = await new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => resolve('bound'));
  });
  socket.close();
  expect(outcome).toBe('EADDRINUSE');
});
