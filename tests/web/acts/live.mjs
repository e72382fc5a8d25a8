import net from 'node:net';
import { until } from '../browser.mjs';

export const target = '/ui/enqueue';

const connections = new Set();
let cut = false;

/** Puts a proxy before the gateway, whose connections can be cut. */
export async function before(gateway) {
  const { hostname, port } = new URL(gateway);
  const server = net.createServer((client) => {
    if (cut) return client.destroy();
    const upstream = net.connect(Number(port), hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      connections.add(one);
      one.on('close', () => connections.delete(one) && other.destroy());
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  server.unref();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

function cutAll() {
  cut = true;
  for (const connection of connections) connection.destroy();
}

/** The page says how fresh it is: live, away and live again, stale, polled. */
export async function act(page) {
  const badge = page.getByRole('status').first();
  const says = (text) =>
    until(`the badge "${text}"`, async () => (await badge.innerText()) === text);
  const lastIds = [];
  page.on('request', (request) => {
    if (request.url().endsWith(':watch')) lastIds.push(request.headers()['last-event-id']);
  });
  await says('live');

  // A proxy that cuts streams and lets no new ones through: what it shows is polled.
  await page.route('**/*:watch', (route) => route.abort());
  cutAll();
  await says('away');
  cut = false;
  await says('polling');
  await page.unroute('**/*:watch');
  await says('live');
  if (!lastIds.some((id) => Number(id) > 0)) throw new Error('it never sent Last-Event-ID');

  // A service that hangs says nothing, but does not hang up.
  const pid = Number(process.env.ENQUEUE_PID);
  if (!pid) throw new Error('ENQUEUE_PID is not set');
  process.kill(pid, 'SIGSTOP');
  try {
    await says('stale');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await says('live');
}
