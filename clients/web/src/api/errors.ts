/** What the gateway answers when a call fails: google.rpc.Status as JSON. */
export interface ErrorBody {
  code: number;
  message: string;
  details?: { fieldViolations?: { field: string; description: string }[] }[];
}

const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** A call that failed. `status` is 0 when the gateway itself could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }

  get code(): string {
    return NAMES[this.body.code] ?? `CODE_${this.body.code}`;
  }

  /** Whether the service is not there (or not part of this mesh), rather than displeased. */
  get away(): boolean {
    return (
      this.status === 0 ||
      this.status === 503 ||
      (this.status === 404 && this.message === 'no such path')
    );
  }

  /** What is wrong with single fields of the request, by name. */
  get fields(): Record<string, string> {
    const violations = (this.body.details ?? []).flatMap((detail) => detail.fieldViolations ?? []);
    return Object.fromEntries(
      violations.map((violation) => [violation.field, violation.description]),
    );
  }
}

export function unreachable(cause: unknown): ApiError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(0, { code: 14, message: `the gateway cannot be reached (${why})` });
}

/** The error in a response that is not 2xx. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    return new ApiError(response.status, JSON.parse(text) as ErrorBody);
  } catch {
    return new ApiError(response.status, { code: 2, message: text || `HTTP ${response.status}` });
  }
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : unreachable(error);
}
