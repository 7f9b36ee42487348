import { Queue } from '../../src/model/queue.js';

const filled = (count: number): Queue<number> => {
  const queue = new Queue<number>();
  for (let n = 1; n <= count; n += 1) queue.push(n);
  return queue;
};

describe('a queue', () => {
  it('gives its items in the order in which they came', () => {
    const queue = filled(4);
    expect([queue.length, queue.first, [...queue]]).toEqual([4, 1, [1, 2, 3, 4]]);
    expect([queue.peek(2), queue.peek(9, 3), queue.peek(2, 4), queue.length]).toEqual([[1, 2], [4], [], 4]);
    queue.drop(3);
    expect([queue.length, queue.first, queue.peek(9)]).toEqual([1, 4, [4]]);
    queue.drop(9);
    expect([queue.length, queue.first, [...queue]]).toEqual([0, undefined, []]);
    queue.push(5);
    expect([queue.length, queue.first]).toEqual([1, 5]);
  });

  it('stays right over many more items than it holds', () => {
    const queue = filled(3);
    for (let n = 4; n <= 10_000; n += 1) {
      queue.push(n);
      queue.drop(1);
      if (n % 100 === 0) expect([queue.first, queue.peek(9)]).toEqual([n - 2, [n - 2, n - 1, n]]);
    }
  });
});
