// weight.mjs URL: what the browser loads for the page of the gateway at URL, compressed as by gzip.
// Exit status 0: less than 250 KB, from nowhere else, and kept by its hash.
import { gzipSync } from 'node:zlib';

const LIMIT = 250 * 1000;
const url = process.argv[2];
const problems = [];
let sum = 0;

async function weigh(path) {
  const response = await fetch(url + path);
  if (response.status !== 200) problems.push(`${path}: ${response.status}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const packed = gzipSync(bytes).length;
  sum += packed;
  console.log(`${String(packed).padStart(7)} B  ${path}`);
  const kept = response.headers.get('cache-control').includes('immutable');
  if (kept !== path.startsWith('/ui/assets/')) problems.push(`${path}: kept: ${kept}`);
  return bytes.toString();
}

const html = await weigh('/');
const links = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link);
const loaded = links.filter((link) => link !== '/docs');
if (loaded.length < 3) problems.push(`only ${loaded} is loaded`);
const texts = [html];
for (const link of loaded) {
  if (link.startsWith('/ui/')) texts.push(await weigh(link));
  else problems.push(`another host: ${link}`);
}
// Scripts that are loaded later would be named in one of these.
const chunks = texts.join('').match(/ui\/assets\/[\w.-]+\.(?:js|css)/g) ?? [];
for (const chunk of new Set(chunks)) {
  if (!loaded.includes(`/${chunk}`)) await weigh(`/${chunk}`);
}
console.log(`${String(sum).padStart(7)} B in all, of ${LIMIT}`);
if (sum >= LIMIT) problems.push(`${sum} B are too many`);
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
