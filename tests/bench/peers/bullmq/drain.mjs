// node drain.mjs PORT COUNT: works until COUNT jobs are done; prints seconds and peak memory as JSON.
// The job function does nothing: what is measured is the queue. CONCURRENCY is what was fastest here.
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const [port, count] = process.argv.slice(2).map(Number);
const concurrency = Number(process.env.CONCURRENCY ?? 200);
let done = 0;
const start = performance.now();
const worker = new Worker('bench', async () => {}, {
  connection: new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null }),
  concurrency,
});
worker.on('completed', async () => {
  done += 1;
  if (done < count) return;
  const seconds = (performance.now() - start) / 1000;
  const peak_memory_mib = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ seconds, peak_memory_mib, concurrency }));
  await worker.close(true);
  process.exit(0);
});
