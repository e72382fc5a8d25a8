// node fill.mjs PORT COUNT: adds jobs in bulk.
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const [port, count] = process.argv.slice(2).map(Number);
const connection = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null });
const queue = new Queue('bench', { connection });
const data = { message: 'the message of a job, of an ordinary length' };
const options = { removeOnComplete: true, removeOnFail: true };
for (let i = 0; i < count; i += 1000) {
  await queue.addBulk(Array.from({ length: 1000 }, () => ({ name: 'job', data, opts: options })));
}
await queue.close();
connection.disconnect();
