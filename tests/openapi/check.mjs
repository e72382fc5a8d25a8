// check.mjs DOCUMENT [ANSWERS]: exit status 0 when the file is a valid OpenAPI 3.1 document whose
// schemas fit the answers, a JSON list of {path, method, status, type, body}.
import fs from 'node:fs';
import { Document } from './document.mjs';

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const document = new Document(read(process.argv[2]));
const answers = process.argv[3] ? read(process.argv[3]) : [];
const problems = [...await document.problems(), ...answers.flatMap((a) => document.problemsOf(a))];
for (const problem of problems) console.error(problem);
console.log(`${Object.keys(document.json.paths).length} paths, ${answers.length} answers, ` +
  `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
