import { useCallback, useReducer, useRef } from 'react';
import { type ApiError, asApiError } from '../api/errors';

export interface ActionState<R> {
  busy: boolean;
  result: R | undefined;
  error: ApiError | undefined;
}

export type ActionEvent<R> =
  | { type: 'start' }
  | { type: 'done'; result: R }
  | { type: 'failed'; error: ApiError };

export function actionReducer<R>(state: ActionState<R>, event: ActionEvent<R>): ActionState<R> {
  switch (event.type) {
    case 'start': // the last result stays until there is a new one
      return { ...state, busy: true };
    case 'done':
      return { busy: false, result: event.result, error: undefined };
    case 'failed':
      return { busy: false, result: undefined, error: event.error };
  }
}

/** Something that a person sets off, with the result or the error of the last time. */
export function useAction<A extends unknown[], R>(task: (...args: A) => Promise<R>) {
  const [state, dispatch] = useReducer(
    actionReducer as (state: ActionState<R>, event: ActionEvent<R>) => ActionState<R>,
    { busy: false, result: undefined, error: undefined },
  );
  const runs = useRef(0); // an answer that another has overtaken is not shown
  const run = useCallback(
    async (...args: A): Promise<R | undefined> => {
      const number = ++runs.current;
      const tell = (event: ActionEvent<R>) => number === runs.current && dispatch(event);
      dispatch({ type: 'start' });
      try {
        const result = await task(...args);
        tell({ type: 'done', result });
        return result;
      } catch (error) {
        tell({ type: 'failed', error: asApiError(error) });
        return undefined;
      }
    },
    [task],
  );
  return { ...state, run };
}
