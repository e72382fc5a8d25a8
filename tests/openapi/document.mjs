// An OpenAPI 3.1 document with its schemas ready for use.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Validator } from '@seriousme/openapi-schema-validator';

const ID = 'https://document.invalid/';
// JSON Schema does not know OpenAPI's own formats; their patterns and ranges are in the schemas.
const FORMATS = ['int32', 'uint32', 'int64', 'uint64', 'float', 'double'];
const STRICT = { strictTypes: false, strictRequired: false };

// `schema` with all objects closed: what it does not name, an answer must not have.
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) =>
    [key, key === 'examples' || key === 'enum' || key === 'required' ? value : closed(value)]));
  const isAny = schema.properties?.['@type'] !== undefined;
  if (schema.type === 'object' && schema.properties && !('additionalProperties' in schema) && !isAny) {
    copy.additionalProperties = false;
  }
  return copy;
}

export class Document {
  constructor(json) {
    this.json = json;
    this.ajv = new Ajv2020({ allErrors: true, strict: true, ...STRICT });
    addFormats(this.ajv);
    for (const format of FORMATS) this.ajv.addFormat(format, true);
    const { paths, components } = json;
    this.ajv.addVocabulary(['paths', 'components']);
    this.ajv.addSchema({ $id: ID, ...closed({ paths, components }) });
  }

  // What is wrong with the document; empty when nothing is.
  async problems() {
    const problems = [];
    const result = await new Validator().validate(structuredClone(this.json));
    if (!result.valid) problems.push(`not OpenAPI: ${JSON.stringify(result.errors)}`);
    // The validator looks at schemas only in passing: each must compile, with what it refers to.
    for (const pointer of this.schemas(this.json, '')) {
      try {
        this.compile(pointer);
      } catch (error) {
        problems.push(`${pointer}: ${error.message}`);
      }
    }
    return problems;
  }

  *schemas(node, pointer) {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      const path = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (key === 'schema' || pointer === '/components/schemas') yield path;
      else yield* this.schemas(value, path);
    }
  }

  compile(pointer) {
    const fragment = pointer.split('/').map(encodeURIComponent).join('/');
    return this.ajv.compile({ $ref: `${ID}#${fragment}` });
  }

  // The pointer of the schema for an answer. Null when the document has no such answer.
  responseSchema(path, method, status, type) {
    const escape = (key) => key.replaceAll('~', '~0').replaceAll('/', '~1');
    const responses = this.json.paths[path]?.[method]?.responses;
    const key = responses?.[status] ? status : 'default';
    const response = responses?.[key];
    if (!response) return null;
    const at = response.$ref?.slice(1)
      ?? `/paths/${escape(path)}/${method}/responses/${key}`;
    const target = response.$ref ? this.json.components.responses[response.$ref.split('/').pop()]
      : response;
    return target?.content?.[type] ? `${at}/content/${escape(type)}/schema` : null;
  }

  // What is wrong with an answer that was seen: {path, method, status, type, body}.
  problemsOf({ path, method, status, type, body }) {
    const pointer = this.responseSchema(path, method, String(status), type);
    const what = `${method} ${path} ${status} ${type}`;
    if (!pointer) return [`${what}: not in the document`];
    const validate = this.compile(pointer);
    if (validate(body)) return [];
    return validate.errors.map((e) => `${what}: ${e.instancePath} ${e.message} (${JSON.stringify(e.params)})`);
  }
}
