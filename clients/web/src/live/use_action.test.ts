import { describe, expect, it } from 'vitest';
import { ApiError, asApiError } from '../api/errors';
import { actionReducer } from './use_action';

describe('actionReducer', () => {
  const idle = { busy: false, result: undefined, error: undefined };

  it('keeps the last result while it is busy again', () => {
    const done = actionReducer(idle, { type: 'done', result: 1 });
    expect(actionReducer(done, { type: 'start' })).toEqual({ ...done, busy: true });
  });

  it('has either a result or an error', () => {
    const error = asApiError(new TypeError('fetch failed'));
    const failed = actionReducer({ ...idle, result: 1 }, { type: 'failed', error });
    expect(failed).toEqual({ busy: false, result: undefined, error });
    expect(error.away).toBe(true);
    expect(actionReducer(failed, { type: 'done', result: 2 }).error).toBeUndefined();
  });
});

describe('ApiError', () => {
  it('names the fields that were wrong', () => {
    const error = new ApiError(400, {
      code: 3,
      message: 'bad',
      details: [{ fieldViolations: [{ field: 'ttl_ms', description: '1 to 3,600,000' }] }],
    });
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.fields).toEqual({ ttl_ms: '1 to 3,600,000' });
    expect(error.away).toBe(false);
  });
});
