-- name: TakeInvalidations :many
-- Leases the oldest rows that are old enough and in nobody's hand. In no promised order.
-- $1 older_than_ms bigint
-- $2 lease_ms bigint
-- $3 limit_rows bigint
-- column id bigint
-- column user_id bigint
-- column post_id bigint null
-- column generation bigint
UPDATE cache_invalidations
SET leased_until = clock_timestamp() + $2::bigint * interval '1 millisecond'
WHERE id = ANY (ARRAY(
  SELECT id FROM cache_invalidations
  WHERE created_at <= now() - $1::bigint * interval '1 millisecond' AND leased_until <= now()
  ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))
RETURNING id, user_id, post_id, generation

-- name: RemoveInvalidations :exec
-- $1 ids bigint[]
DELETE FROM cache_invalidations WHERE id = ANY ($1)

-- name: InvalidationStats :one
-- column depth bigint
-- column oldest_age_ms bigint
SELECT count(*), coalesce((extract(epoch FROM clock_timestamp() - min(created_at)) * 1000)::bigint, 0)
FROM cache_invalidations
