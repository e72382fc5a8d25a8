import { asApiError, errorOf } from './errors';

type Query = Record<string, string | number | undefined>;

/** `path` with the parameters that are neither undefined nor empty. */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

async function call(method: string, path: string, body?: unknown, signal?: AbortSignal) {
  try {
    const response = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  } catch (error) {
    throw signal?.aborted ? error : asApiError(error);
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await call('GET', path, undefined, signal)).json()) as T;
}

export async function send<T>(
  method: 'POST' | 'PUT',
  path: string,
  body: unknown = {},
): Promise<T> {
  return (await (await call(method, path, body)).json()) as T;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await call('GET', path, undefined, signal)).text();
}
